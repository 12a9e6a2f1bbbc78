package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Small pieces of a file, by position; what lies past its end is not there. */
final class Sectors {
  static final int SECTOR = 512;

  private final FileChannel file;
  private final long size;
  private long bytesRead;

  Sectors(FileChannel file) throws IOException {
    this.file = file;
    this.size = file.size();
  }

  long size() {
    return size;
  }

  /** How much was read so far. */
  long bytesRead() {
    return bytesRead;
  }

  /** At most this many bytes from here, big-endian; fewer at the end, none behind it. */
  ByteBuffer at(long position, int length) throws IOException {
    if (position < 0 || position >= size) {
      return ByteBuffer.allocate(0);
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(length, size - position));
    while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) >= 0) {
      continue;
    }
    bytes.limit(bytes.position());
    bytesRead += bytes.limit();
    return bytes.position(0).slice().order(ByteOrder.BIG_ENDIAN);
  }

  boolean has(long position, byte[] magic) throws IOException {
    ByteBuffer found = at(position, magic.length);
    byte[] bytes = new byte[found.remaining()];
    found.get(bytes);
    return Arrays.equals(bytes, magic);
  }

  boolean has(long position, String ascii) throws IOException {
    return has(position, ascii.getBytes(StandardCharsets.ISO_8859_1));
  }
}
