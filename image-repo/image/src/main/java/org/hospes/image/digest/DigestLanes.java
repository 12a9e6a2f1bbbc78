package org.hospes.image.digest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.eclipse.jgit.util.sha1.SHA1;
import org.eclipse.jgit.util.sha1.Sha1CollisionException;
import org.hospes.image.Digest;

/**
 * Several digests over one reading of a file: each block is read once and given to every lane, the
 * first lane on the calling thread, the others beside it, while yet another thread reads the next
 * block. For one use.
 */
final class DigestLanes {
  private static final int BLOCK = 1 << 20;

  /** One digest; gets every block in order. */
  private interface Lane {
    void update(byte[] block, int length);
  }

  private final MessageDigest whole = digest(Digest.Algorithm.SHA256);
  private final List<Lane> lanes = new ArrayList<>();
  private final List<Digest> chunks = new ArrayList<>();
  private final java.util.function.Supplier<Optional<Digest>> sha1;
  private MessageDigest chunk;
  private long inChunk;

  DigestLanes(DiskDigests.Sha1 wanted, int chunkBytes) {
    lanes.add((block, length) -> whole.update(block, 0, length));
    sha1 =
        switch (wanted) {
          case NONE -> Optional::empty;
          case PLAIN -> plain();
          case DETECTING -> detecting();
        };
    if (chunkBytes > 0) {
      chunk = digest(Digest.Algorithm.SHA256);
      lanes.add((block, length) -> updateChunks(block, length, chunkBytes));
    }
  }

  private java.util.function.Supplier<Optional<Digest>> plain() {
    MessageDigest digest = digest(Digest.Algorithm.SHA1);
    lanes.add((block, length) -> digest.update(block, 0, length));
    return () -> Optional.of(Digest.sha1(digest.digest()));
  }

  private java.util.function.Supplier<Optional<Digest>> detecting() {
    SHA1 digest = SHA1.newInstance().setDetectCollision(true);
    lanes.add((block, length) -> digest.update(block, 0, length));
    return () -> {
      try {
        return Optional.of(Digest.sha1(digest.digest()));
      } catch (Sha1CollisionException e) {
        throw new DiskDigests.CollisionFoundException(e);
      }
    };
  }

  private void updateChunks(byte[] block, int length, int chunkBytes) {
    int from = 0;
    while (from < length) {
      int part = (int) Math.min(length - from, chunkBytes - inChunk);
      chunk.update(block, from, part);
      inChunk += part;
      from += part;
      if (inChunk == chunkBytes) {
        endChunk();
      }
    }
  }

  private void endChunk() {
    chunks.add(Digest.sha256(chunk.digest()));
    inChunk = 0;
  }

  /** Reads the file from its beginning, whatever the channel's position. */
  long read(FileChannel file) throws IOException {
    // One that reads, and one for each lane but the first.
    ExecutorService others =
        Executors.newFixedThreadPool(
            lanes.size(),
            work -> {
              Thread thread = new Thread(work, "image-digest");
              thread.setDaemon(true);
              return thread;
            });
    try {
      return read(file, others);
    } finally {
      others.shutdownNow();
    }
  }

  private long read(FileChannel file, ExecutorService others) throws IOException {
    byte[] current = new byte[BLOCK];
    byte[] next = new byte[BLOCK];
    long size = file.size();
    long done = 0;
    int length = fill(file, current, 0, size);
    while (length > 0) {
      byte[] block = current;
      byte[] following = next;
      int filled = length;
      long from = done + filled;
      Future<Integer> ahead = others.submit(() -> fill(file, following, from, size));
      List<Future<?>> pending = new ArrayList<>();
      for (Lane lane : lanes.subList(1, lanes.size())) {
        pending.add(others.submit(() -> lane.update(block, filled)));
      }
      lanes.get(0).update(block, filled);
      for (Future<?> lane : pending) {
        await(lane);
      }
      done = from;
      length = await(ahead);
      current = following;
      next = block;
    }
    if (inChunk > 0) {
      endChunk();
    }
    return done;
  }

  /** Fills a block, or what is left of it; 0 at the end. */
  private static int fill(FileChannel file, byte[] block, long from, long size) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(block, 0, (int) Math.min(block.length, size - from));
    while (buffer.hasRemaining()) {
      if (file.read(buffer, from + buffer.position()) < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
    }
    return buffer.limit();
  }

  private static <T> T await(Future<T> one) throws IOException {
    try {
      return one.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while hashing");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException unreadable) {
        throw unreadable;
      }
      throw new IllegalStateException("hashing failed", e.getCause());
    }
  }

  Digest sha256() {
    return Digest.sha256(whole.digest());
  }

  Optional<Digest> sha1() {
    return sha1.get();
  }

  List<Digest> chunks() {
    return chunks;
  }

  private static MessageDigest digest(Digest.Algorithm algorithm) {
    try {
      return MessageDigest.getInstance(algorithm.javaName());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has " + algorithm.javaName(), e);
    }
  }
}
