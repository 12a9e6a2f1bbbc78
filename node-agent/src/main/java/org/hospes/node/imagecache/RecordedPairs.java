package org.hospes.node.imagecache;

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
import org.hospes.image.ImageRefusedException;
import org.hospes.image.verify.DigestPairs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pairs of digests as files: {@code sha1/HEX} names the one SHA-256 that belongs to this SHA-1, so
 * that there cannot be two. A record is synced before it counts, and outlives the image: it is
 * about bytes, wherever they are. A record that is damaged or stands under another name is as good
 * as none. The seal tells damage, not forgery: against that the folder is the agent's alone.
 */
final class RecordedPairs implements DigestPairs {
  private static final Logger LOG = LoggerFactory.getLogger(RecordedPairs.class);
  private static final int LENGTH = 200;
  private static final String SUFFIX = ".new";
  private static final Pattern RECORD =
      Pattern.compile(
          "(sha1:(?<sha1>[0-9a-f]{40}) sha256:(?<sha256>[0-9a-f]{64})) seal:(?<seal>[0-9a-f]{64})\n");

  private final Path folder;
  private final CacheAlarm alarm;

  /**
   * @param folder made when missing
   * @throws IOException when it belongs to somebody else
   */
  RecordedPairs(Path folder, CacheAlarm alarm) throws IOException {
    this.folder = folder;
    this.alarm = alarm;
    Files.createDirectories(folder);
    Object owner = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    Object agent = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!owner.equals(agent)) {
      throw new IOException(
          folder
              + ": expected to belong to the agent (uid "
              + agent
              + "), found uid "
              + owner
              + "; delete it: the agent makes it anew, and hashes each image once more");
    }
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : unfinished) {
        Files.delete(file);
      }
    }
  }

  private Path file(Digest sha1) {
    return folder.resolve(sha1.hex());
  }

  @Override
  public Optional<Digest> sha256Of(Digest sha1) {
    Path file = file(sha1);
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      String text = new String(in.readNBytes(LENGTH), StandardCharsets.US_ASCII);
      Matcher record = RECORD.matcher(text);
      if (record.matches()
          && record.group("sha1").equals(sha1.hex())
          && record.group("seal").equals(seal(record.group(1)))) {
        return Optional.of(new Digest(Digest.Algorithm.SHA256, record.group("sha256")));
      }
      LOG.warn("{} is damaged, or no record of {}: the image is hashed by both again", file, sha1);
    } catch (NoSuchFileException e) {
      LOG.debug("{}: no record", file);
    } catch (IOException e) {
      LOG.warn("{} cannot be read, the image is hashed by both again: {}", file, e.toString());
    }
    return Optional.empty();
  }

  @Override
  public synchronized void remember(Digest sha1, Digest sha256)
      throws ImageRefusedException, IOException {
    Optional<Digest> known = sha256Of(sha1);
    if (known.isPresent() && !known.get().equals(sha256)) {
      alarm.collision(file(sha1), sha1, known.get(), sha256);
      throw new ImageRefusedException(
              "image.digest.collision", "another disk with the same SHA-1 came to this node before")
          .fact("sha1", sha1)
          .fact("expected", known.get())
          .fact("found", sha256)
          .fact("record", file(sha1))
          .advice(
              "trust neither disk until it is known who made them; sign both over SHA-256 and"
                  + " refuse the one that was forged in the site's image policy");
    }
    if (known.isEmpty()) {
      write(sha1, sha256);
    }
  }

  private void write(Digest sha1, Digest sha256) throws IOException {
    String pair = sha1 + " " + sha256;
    ByteBuffer record =
        ByteBuffer.wrap((pair + " seal:" + seal(pair) + "\n").getBytes(StandardCharsets.US_ASCII));
    Path fresh = folder.resolve(sha1.hex() + SUFFIX);
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
    Files.move(fresh, file(sha1), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
      entries.force(true);
    }
  }

  private static String seal(String pair) {
    return Digest.sha256Of(pair.getBytes(StandardCharsets.US_ASCII)).hex();
  }
}
