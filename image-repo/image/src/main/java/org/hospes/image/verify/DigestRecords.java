package org.hospes.image.verify;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.image.Digest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which SHA-256 belongs to another kind of digest, a file for each: {@code HEX} names the one
 * SHA-256, so that there cannot be two. A record is synced before it counts, and outlives the
 * image: it is about bytes, wherever they are. A record that is damaged or stands under another
 * name is as good as none. The seal tells damage, not forgery: against that the folder is the its
 * keeper's alone. Safe for many threads.
 */
public final class DigestRecords {
  private static final Logger LOG = LoggerFactory.getLogger(DigestRecords.class);
  private static final int LENGTH = 300;
  private static final String SUFFIX = ".new";
  private static final Pattern RECORD =
      Pattern.compile(
          "(?<pair>(?<key>[a-z0-9]+:[0-9a-f]{40,128}) sha256:(?<sha256>[0-9a-f]{64}))"
              + " seal:(?<seal>[0-9a-f]{64})\n");

  private final Path folder;
  private final String kind;

  /**
   * @param folder made when missing
   * @param kind of the digests that are looked up, as it stands in the records
   * @throws IOException when it belongs to somebody else
   */
  public DigestRecords(Path folder, String kind) throws IOException {
    this.folder = folder;
    this.kind = kind;
    Files.createDirectories(folder);
    Object owner = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    Object agent = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!owner.equals(agent)) {
      throw new IOException(
          folder
              + ": expected to belong to this program's user (uid "
              + agent
              + "), found uid "
              + owner
              + "; delete it: it is made anew, and each image hashed once more");
    }
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : unfinished) {
        Files.delete(file);
      }
    }
  }

  /** Where the record of a digest is, or would be. */
  public Path file(String hex) {
    return folder.resolve(hex);
  }

  /** What is recorded of a digest. */
  public Optional<Digest> sha256Of(String hex) {
    Path file = file(hex);
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      String text = new String(in.readNBytes(LENGTH), StandardCharsets.US_ASCII);
      Matcher record = RECORD.matcher(text);
      if (record.matches()
          && record.group("key").equals(kind + ":" + hex)
          && record.group("seal").equals(seal(record.group("pair")))) {
        return Optional.of(new Digest(Digest.Algorithm.SHA256, record.group("sha256")));
      }
      LOG.warn("{} is damaged, or no record of {}: the image is hashed again", file, hex);
    } catch (NoSuchFileException e) {
      LOG.debug("{}: no record", file);
    } catch (IOException e) {
      LOG.warn("{} cannot be read, the image is hashed again: {}", file, e.toString());
    }
    return Optional.empty();
  }

  /** Records it for good, whatever was recorded before. */
  public synchronized void write(String hex, Digest sha256) throws IOException {
    String pair = kind + ":" + hex + " " + sha256;
    ByteBuffer record =
        ByteBuffer.wrap((pair + " seal:" + seal(pair) + "\n").getBytes(StandardCharsets.US_ASCII));
    Path fresh = folder.resolve(hex + SUFFIX);
    Files.deleteIfExists(fresh);
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      while (record.hasRemaining()) {
        channel.write(record);
      }
      channel.force(true);
    }
    Files.move(fresh, file(hex), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
      entries.force(true);
    }
  }

  private static String seal(String pair) {
    return Digest.sha256Of(pair.getBytes(StandardCharsets.US_ASCII)).hex();
  }
}
