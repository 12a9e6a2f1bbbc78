package org.hospes.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import java.util.function.LongConsumer;
import org.hospes.contract.common.FaultCategory;
import org.hospes.image.Digest;
import org.hospes.wire.bytes.PartialRequest;
import org.hospes.wire.refusal.RefusalException;

/**
 * Brings a disk from a site into a file: into {@code FILE.part} first, which becomes {@code FILE}
 * once its digest is the one that the site told. What broke off goes on where it stopped, also in
 * another process; {@code FILE.part.digest} says of which disk the part is. What a guest wrote may
 * be secret, so nobody but the owner reads the file. For one thread.
 */
final class DiskDownload {
  /** How often in a row a connection may break without one new byte. */
  private static final int TRIES = 3;

  private static final int BLOCK = 1 << 17;

  private final PartialRequest requests;
  private final Digest digest;
  private final long bytes;
  private final Path file;
  private final Path part;
  private final Path note;

  /**
   * @param digest SHA-256 of the disk
   * @param bytes of the disk
   * @param file must not be there
   */
  DiskDownload(PartialRequest requests, Digest digest, long bytes, Path file) {
    this.requests = requests;
    this.digest = digest;
    this.bytes = bytes;
    this.file = file;
    this.part = file.resolveSibling(file.getFileName() + ".part");
    this.note = file.resolveSibling(file.getFileName() + ".part.digest");
  }

  /**
   * Fetches what is missing.
   *
   * @param progress hears how many bytes are here
   * @throws RefusalException when the site refuses, the connection breaks again and again, or the
   *     bytes are not what the site told
   * @throws FileAlreadyExistsException when the file is there
   */
  void run(URI address, LongConsumer progress) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    boolean same =
        Files.isRegularFile(note, LinkOption.NOFOLLOW_LINKS)
            && Files.readString(note).strip().equals(digest.toString());
    if (!same) {
      Files.deleteIfExists(part);
      Files.writeString(note, digest + "\n");
    }
    try (FileChannel channel =
        FileChannel.open(
            part,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      if (channel.size() > bytes) {
        channel.truncate(0);
      }
      MessageDigest sha256 = ofWhatIsHere(channel, progress);
      fetchRest(address, channel, sha256, progress);
      Digest found = Digest.sha256(sha256.digest());
      if (!found.equals(digest)) {
        Files.deleteIfExists(part);
        Files.deleteIfExists(note);
        throw RefusalException.of(
                FaultCategory.SITE, "disk.digest.mismatch", "what arrived is not the disk")
            .fact("expected", digest)
            .fact("found", found)
            .advice("Save it again; if that does not help, tell the site's operators.");
      }
      channel.force(true);
    }
    // Not over a file that appeared meanwhile.
    Files.move(part, file);
    Files.delete(note);
  }

  private static MessageDigest ofWhatIsHere(FileChannel channel, LongConsumer progress)
      throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    channel.position(0);
    while (channel.read(block.clear()) >= 0) {
      sha256.update(block.flip());
    }
    progress.accept(channel.position());
    return sha256;
  }

  private void fetchRest(
      URI address, FileChannel channel, MessageDigest sha256, LongConsumer progress)
      throws IOException {
    int breaks = 0;
    byte[] block = new byte[BLOCK];
    while (channel.position() < bytes) {
      long before = channel.position();
      try (InputStream rest = requests.open(address, before, bytes)) {
        for (int n = rest.read(block); n >= 0; n = rest.read(block)) {
          append(channel, block, n);
          sha256.update(block, 0, n);
          progress.accept(channel.position());
        }
      } catch (OwnDiskException e) {
        throw e.cause();
      } catch (IOException e) {
        breaks = channel.position() > before ? 1 : breaks + 1;
        if (breaks >= TRIES) {
          throw broken(channel.position(), e);
        }
      }
    }
  }

  /** What fails on this side is no reason to ask again. */
  private static final class OwnDiskException extends IOException {
    private static final long serialVersionUID = 1L;

    OwnDiskException(IOException cause) {
      super(cause);
    }

    IOException cause() {
      return (IOException) getCause();
    }
  }

  private static void append(FileChannel channel, byte[] block, int length)
      throws OwnDiskException {
    try {
      ByteBuffer rest = ByteBuffer.wrap(block, 0, length);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    } catch (IOException e) {
      throw new OwnDiskException(e);
    }
  }

  private RefusalException broken(long here, IOException cause) {
    return RefusalException.of(
            FaultCategory.SITE,
            "disk.fetch.broken",
            "the connection broke "
                + TRIES
                + " times; "
                + here
                + " of "
                + bytes
                + " bytes are here")
        .advice("Save it again to the same file: it goes on where it stopped.")
        .fact("part", part)
        .causedBy(cause);
  }
}
