package org.hospes.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * What the header of a qcow2 overlay says, after QEMU's docs/interop/qcow2.txt. Needed because an
 * overlay that a guest wrote to is used again, and must still stand on the one base it was given.
 *
 * @param backingFile as written
 * @param backingFormat absent when QEMU would have to guess
 */
public record OverlayHeader(String backingFile, Optional<String> backingFormat, long virtualBytes) {
  private static final int MAGIC = 0x514649fb;
  private static final int BACKING_FORMAT = 0xE2792ACA;
  private static final int END = 0;
  private static final int FIRST_CLUSTER = 65_536;
  private static final int LONGEST_NAME = 1023;

  /**
   * Reads the header.
   *
   * @throws IOException also when it is not a qcow2 image with a backing file
   */
  public static OverlayHeader read(Path file) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(FIRST_CLUSTER);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (header.hasRemaining() && channel.read(header) > 0) {
        // until the first cluster is full or the file ends
      }
    }
    header.flip();
    if (header.remaining() < 104 || header.getInt(0) != MAGIC || header.getInt(4) != 3) {
      throw new IOException("not a qcow2 image of version 3");
    }
    long offset = header.getLong(8);
    int length = header.getInt(16);
    if (offset <= 0 || length <= 0 || length > LONGEST_NAME || offset + length > header.limit()) {
      throw new IOException("a qcow2 image without a backing file, or with one out of its place");
    }
    byte[] name = new byte[length];
    header.get((int) offset, name);
    return new OverlayHeader(new String(name, UTF_8), format(header), header.getLong(24));
  }

  private static Optional<String> format(ByteBuffer header) throws IOException {
    int at = header.getInt(100);
    while (at >= 0 && at + 8 <= header.limit()) {
      int type = header.getInt(at);
      int length = header.getInt(at + 4);
      if (type == END) {
        return Optional.empty();
      }
      if (length < 0 || length > header.limit() - at - 8) {
        break;
      }
      if (type == BACKING_FORMAT) {
        byte[] format = new byte[length];
        header.get(at + 8, format);
        return Optional.of(new String(format, UTF_8));
      }
      at += 8 + (length + 7) / 8 * 8;
    }
    throw new IOException("a qcow2 image whose header extensions have no end");
  }
}
