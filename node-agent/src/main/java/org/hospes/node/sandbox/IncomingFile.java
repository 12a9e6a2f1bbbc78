package org.hospes.node.sandbox;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.hospes.wire.bytes.Holes;

/**
 * A file that comes from another node, for root alone. Empty pages are left out of it: disks of
 * guests have many. For one thread.
 */
final class IncomingFile implements AutoCloseable {
  private static final int PAGE = 4096;

  private final FileChannel channel;
  private long length;

  private IncomingFile(FileChannel channel) throws IOException {
    this.channel = channel;
    this.length = channel.size();
  }

  /**
   * Opens what is there.
   *
   * @param file made when missing; no link
   */
  static IncomingFile open(Path file) throws IOException {
    return new IncomingFile(
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
  }

  /** How much of it is here. */
  long length() {
    return length;
  }

  /** Takes away what stands behind so many bytes. */
  void cut(long bytes) throws IOException {
    if (bytes < length) {
      channel.truncate(bytes);
      length = bytes;
    }
  }

  /** Puts bytes at its end. */
  void append(byte[] bytes, int count) throws IOException {
    for (int from = 0; from < count; from += PAGE) {
      int to = Math.min(count, from + PAGE);
      if (!Holes.zeros(bytes, from, to)) {
        write(bytes, from, to, length + from);
      }
    }
    length += count;
  }

  /** Puts bytes in the place of others, zeros too. */
  void replace(byte[] bytes, int count, long at) throws IOException {
    write(bytes, 0, count, at);
  }

  private void write(byte[] bytes, int from, int to, long position) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes, from, to - from);
    long at = position;
    while (rest.hasRemaining()) {
      at += channel.write(rest, at);
    }
  }

  /** Reads so many bytes of it, all of which must be here. */
  void read(byte[] into, int count, long from) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(into, 0, count);
    while (rest.hasRemaining()) {
      if (channel.read(rest, from + rest.position()) < 0) {
        throw new EOFException("a file became shorter while it was read");
      }
    }
  }

  /** Makes it as long as it is: a hole at its end is no part of a file by itself. */
  void settle() throws IOException {
    if (channel.size() < length) {
      channel.write(ByteBuffer.allocate(1), length - 1);
    }
  }

  /** Has it all on the disk. */
  void sync() throws IOException {
    settle();
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    try {
      settle();
    } finally {
      channel.close();
    }
  }
}
