package org.hospes.node.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What of a file was copied while it may still have changed.
 *
 * @param bytes how many of its first bytes: whole blocks of {@link BlockSums#BLOCK}
 * @param sha256 of these; empty where nobody knows. For one use.
 */
record CopiedFile(Path file, long bytes, Optional<MessageDigest> sha256) {
  private static final int PIECE = 1 << 18;

  /** So much is brought to the disk at a time, so that little is left to be when it counts. */
  private static final long SYNC = 64L << 20;

  /** What must hold for more to be taken. */
  interface Bounds {
    void require(long bytes) throws IOException;
  }

  /**
   * Copies what comes, until it ends.
   *
   * @param bounds asked now and then, with how many bytes there are
   * @param enough whether it is to end
   */
  static CopiedFile of(Path to, InputStream from, Bounds bounds, BooleanSupplier enough)
      throws IOException {
    Copying copying = new Copying(PeerFetch.sha256());
    try (IncomingFile file = IncomingFile.open(to)) {
      file.cut(0);
      byte[] piece = new byte[PIECE];
      long synced = 0;
      while (!enough.getAsBoolean()) {
        int read = read(from, piece, file.length(), bounds, copying);
        if (read < 0) {
          break;
        }
        file.append(piece, read);
        copying.add(piece, read);
        if (file.length() - synced >= SYNC) {
          file.sync();
          synced = file.length();
        }
      }
    }
    return new CopiedFile(to, copying.blocks, copying.known);
  }

  /** What came counts: it is compared, whatever becomes of the rest. */
  private static int read(
      InputStream from, byte[] piece, long before, Bounds bounds, Copying copying)
      throws IOException {
    try {
      int read = from.read(piece);
      bounds.require(before + Math.max(0, read));
      return read;
    } catch (IOException e) {
      if (copying.blocks == 0) {
        throw e;
      }
      return -1;
    }
  }

  /** Hashes what comes, and remembers how far and by what digest as of the last whole block. */
  private static final class Copying {
    private final MessageDigest sha256;
    private long total;
    private long blocks;
    private Optional<MessageDigest> known = Optional.empty();

    Copying(MessageDigest sha256) {
      this.sha256 = sha256;
    }

    void add(byte[] bytes, int count) {
      int from = 0;
      while (from < count) {
        int step = (int) Math.min(count - from, BlockSums.BLOCK - total % BlockSums.BLOCK);
        sha256.update(bytes, from, step);
        from += step;
        total += step;
        if (total % BlockSums.BLOCK == 0) {
          blocks = total;
          known = copyOf(sha256);
        }
      }
    }

    private static Optional<MessageDigest> copyOf(MessageDigest digest) {
      try {
        return Optional.of((MessageDigest) digest.clone());
      } catch (CloneNotSupportedException e) {
        // Then it is hashed again when it is compared.
        return Optional.empty();
      }
    }
  }
}
