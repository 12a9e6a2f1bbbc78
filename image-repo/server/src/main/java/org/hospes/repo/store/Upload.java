package org.hospes.repo.store;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.hospes.image.Digest;
import org.hospes.trust.path.DistinguishedName;

/**
 * Bytes on their way in: announced by a publisher, received in order, perhaps over several
 * connections, then verified. One connection at a time writes; {@link #lock()} keeps them apart.
 */
public final class Upload {
  private static final int BLOCK = 1 << 18;

  private final String id;
  private final DistinguishedName publisher;
  private final Digest digest;
  private final long size;
  private final Path file;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile Instant lastWanted = Instant.EPOCH;

  Upload(String id, DistinguishedName publisher, Digest digest, long size, Path file) {
    this.id = id;
    this.publisher = publisher;
    this.digest = digest;
    this.size = size;
    this.file = file;
  }

  public String id() {
    return id;
  }

  void wanted(Instant at) {
    lastWanted = at;
  }

  Instant lastWanted() {
    return lastWanted;
  }

  /** Who announced it; nobody else may send its bytes. */
  public DistinguishedName publisher() {
    return publisher;
  }

  public Digest digest() {
    return digest;
  }

  /** How long it will be. */
  public long size() {
    return size;
  }

  public Path file() {
    return file;
  }

  /** Held by whoever writes, verifies or deletes. */
  public ReentrantLock lock() {
    return lock;
  }

  /** Bytes that are here. */
  public long received() throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
  }

  public boolean complete() throws IOException {
    return received() == size;
  }

  /**
   * Receives bytes; what came before a failure stays.
   *
   * @param from where the first byte belongs; everything behind it is cut off first
   * @param length how many are to come
   * @throws EOFException when the sender stops early
   */
  public void receive(InputStream bytes, long from, long length, RateLimit rate)
      throws IOException {
    if (!lock.isHeldByCurrentThread() || from > received() || length > size - from) {
      throw new IllegalStateException("bytes that were not agreed on: " + from + "+" + length);
    }
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      channel.truncate(from);
      channel.position(from);
      byte[] block = new byte[BLOCK];
      long left = length;
      while (left > 0) {
        int read = bytes.read(block, 0, (int) Math.min(block.length, left));
        if (read < 0) {
          throw new EOFException("the upload broke off with " + left + " bytes to come");
        }
        ByteBuffer buffer = ByteBuffer.wrap(block, 0, read);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        left -= read;
        rate.spend(read);
      }
    }
  }
}
