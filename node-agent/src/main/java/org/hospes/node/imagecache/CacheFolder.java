package org.hospes.node.imagecache;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.hospes.image.Digest;

/**
 * The cache's files: {@code sha256/HEX} are whole images (mode 0444), {@code partial/HEX} what came
 * so far of others, {@code used/HEX} empty files whose time says when an image was last used, so
 * that nothing of an image itself changes by being used. Beside them are {@link
 * org.hospes.image.verify.DigestRecords}.
 */
final class CacheFolder {
  private static final Duration PARTIAL_LIFETIME = Duration.ofDays(1);

  private final Path whole;
  private final Path partial;
  private final Path used;

  private final SealedImages sealed;

  /**
   * @throws IOException also when anybody but root and the agent could swap an image between the
   *     look at it and the boot
   */
  CacheFolder(Path root, SealedImages sealed) throws IOException {
    this.sealed = sealed;
    whole = root.resolve("sha256");
    partial = root.resolve("partial");
    used = root.resolve("used");
    for (Path folder : List.of(root, whole)) {
      // The hypervisor's own user opens the images.
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    for (Path folder : List.of(partial, used)) {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
    for (Path folder : List.of(whole, partial, used)) {
      GuardedWay.require(folder);
    }
  }

  Path file(Digest digest) {
    return whole.resolve(digest.hex());
  }

  Path partialFile(Digest digest) {
    return partial.resolve(digest.hex());
  }

  boolean has(Digest digest) {
    return Files.isRegularFile(file(digest));
  }

  /**
   * Makes a whole image of a partial file, sealed where the kernel can; after a crash there is one
   * of them, never half.
   */
  void install(Digest digest) throws IOException {
    Path from = partialFile(digest);
    Files.setPosixFilePermissions(from, PosixFilePermissions.fromString("r--r--r--"));
    try (FileChannel channel = FileChannel.open(from, StandardOpenOption.READ)) {
      channel.force(true);
    }
    sealed.seal(from);
    Files.move(from, file(digest), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(whole, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  void drop(Digest digest) throws IOException {
    Files.deleteIfExists(file(digest));
    Files.deleteIfExists(used.resolve(digest.hex()));
  }

  void dropPartial(Digest digest) throws IOException {
    Files.deleteIfExists(partialFile(digest));
  }

  void touch(Digest digest, Instant now) throws IOException {
    Path mark = used.resolve(digest.hex());
    // Ten guests may use one image at the same moment: whoever comes second finds the mark there.
    Files.newByteChannel(mark, StandardOpenOption.CREATE, StandardOpenOption.WRITE).close();
    Files.setLastModifiedTime(mark, FileTime.from(now));
  }

  Instant lastUsed(Digest digest) throws IOException {
    try {
      return Files.getLastModifiedTime(used.resolve(digest.hex())).toInstant();
    } catch (NoSuchFileException e) {
      return Instant.EPOCH;
    }
  }

  /** Every whole image. */
  List<Digest> contents() throws IOException {
    return names(whole);
  }

  /** Bytes on the disk, partial files included. */
  long bytes() throws IOException {
    long sum = 0;
    for (Path folder : List.of(whole, partial)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        for (Path file : files) {
          sum += sizeOf(file);
        }
      }
    }
    return sum;
  }

  long bytesOf(Digest digest) throws IOException {
    return sizeOf(file(digest));
  }

  long partialBytesOf(Digest digest) throws IOException {
    return sizeOf(partialFile(digest));
  }

  long freeBytes() throws IOException {
    return Files.getFileStore(whole).getUsableSpace();
  }

  /** Deletes what came of images that nobody asked for again in a day. */
  void sweep(Instant now) throws IOException {
    for (Digest digest : names(partial)) {
      Path file = partialFile(digest);
      if (Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(PARTIAL_LIFETIME))) {
        Files.delete(file);
      }
    }
  }

  /** SHA-256 of a whole image's bytes as they stand now. */
  Digest hash(Digest name) throws IOException {
    try (InputStream in = Files.newInputStream(file(name))) {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 20];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha256.update(buffer, 0, n);
      }
      return Digest.sha256(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static long sizeOf(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  static List<Digest> names(Path folder) throws IOException {
    List<Digest> digests = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.matches("[0-9a-f]{64}")) {
          digests.add(new Digest(Digest.Algorithm.SHA256, name));
        }
      }
    }
    return digests;
  }
}
