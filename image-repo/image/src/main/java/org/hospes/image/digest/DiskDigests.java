package org.hospes.image.digest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;

/**
 * Digests of a whole file, read once from the first byte to the last.
 *
 * @param bytes how many were read
 * @param sha1 when asked for
 * @param chunks SHA-256 of each chunk, when asked for; else empty
 */
public record DiskDigests(long bytes, Digest sha256, Optional<Digest> sha1, List<Digest> chunks) {
  public DiskDigests {
    chunks = List.copyOf(chunks);
  }

  /** By which algorithms the whole was hashed. */
  public Set<Digest.Algorithm> algorithms() {
    return sha1.isPresent()
        ? EnumSet.allOf(Digest.Algorithm.class)
        : EnumSet.of(Digest.Algorithm.SHA256);
  }

  /** What is known without reading: the SHA-256 of so many bytes. */
  public static DiskDigests known(long bytes, Digest sha256) {
    return new DiskDigests(bytes, sha256, Optional.empty(), List.of());
  }

  /** SHA-256 alone, on the calling thread, while another one reads ahead. */
  public static DiskDigests sha256(FileChannel file) throws IOException {
    return read(file, Sha1.NONE, 0);
  }

  /** SHA-256 and SHA-1, side by side. */
  public static DiskDigests both(FileChannel file) throws IOException {
    return read(file, Sha1.PLAIN, 0);
  }

  /** SHA-256, SHA-1 and the chunks' SHA-256. */
  public static DiskDigests withChunks(FileChannel file, int chunkBytes) throws IOException {
    return read(file, Sha1.PLAIN, chunkBytes);
  }

  /** SHA-256 and SHA-1, as {@link #withoutCollisions(FileChannel, int)} but without chunks. */
  public static DiskDigests withoutCollisions(FileChannel file)
      throws IOException, ImageRefusedException {
    return withoutCollisions(file, 0);
  }

  /**
   * The same with chunks, looking for the marks of a SHA-1 collision attack (SHAttered 2017, chosen
   * prefix 2020). A quarter as fast, so it is for the moment when bytes first arrive.
   *
   * @throws ImageRefusedException with code {@code image.sha1.collision}
   */
  public static DiskDigests withoutCollisions(FileChannel file, int chunkBytes)
      throws IOException, ImageRefusedException {
    try {
      return read(file, Sha1.DETECTING, chunkBytes);
    } catch (CollisionFoundException e) {
      throw new ImageRefusedException(
              "image.sha1.collision", "the disk was built to share its SHA-1 with another one", e)
          .fact("attack", "the marks of a SHA-1 collision: SHAttered (2017), chosen prefix (2020)")
          .advice("do not trust this disk; sign images over SHA-256");
    }
  }

  private static DiskDigests read(FileChannel file, Sha1 sha1, int chunkBytes) throws IOException {
    DigestLanes lanes = new DigestLanes(sha1, chunkBytes);
    long bytes = lanes.read(file);
    return new DiskDigests(bytes, lanes.sha256(), lanes.sha1(), lanes.chunks());
  }

  /** How SHA-1 is wanted. */
  enum Sha1 {
    NONE,
    PLAIN,
    DETECTING
  }

  /** The marks of a collision attack were found. */
  static final class CollisionFoundException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CollisionFoundException(Throwable cause) {
      super(cause);
    }
  }
}
