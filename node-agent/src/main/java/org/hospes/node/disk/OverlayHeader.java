package org.hospes.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
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
  private static final int FEATURE_NAMES = 0x6803f857;
  private static final int END = 0;
  private static final int CLUSTER_BITS = 16;
  private static final int FIRST_CLUSTER = 65_536;
  private static final int LONGEST_NAME = 1023;

  /**
   * Reads the header.
   *
   * @throws IOException also when it is not a qcow2 image with a backing file
   */
  public static OverlayHeader read(Path file) throws IOException {
    return read(first(file));
  }

  /**
   * Reads the header of an overlay that somebody else made.
   *
   * @throws IOException also when it has more than an overlay of ours has: data in another file,
   *     encryption, snapshots of its own, a feature that is not known here
   */
  public static OverlayHeader readPlain(Path file) throws IOException {
    ByteBuffer header = first(file);
    OverlayHeader found = read(header);
    require(header.getInt(20) == CLUSTER_BITS, "clusters of another size than 64 KiB");
    require(header.getInt(32) == 0, "an encrypted image");
    require(header.getInt(60) == 0, "an image with snapshots of its own");
    int at = header.getInt(100);
    while (true) {
      require(at >= 0 && at <= header.limit() - 16, "header extensions without an end");
      int type = header.getInt(at);
      if (type == END) {
        break;
      }
      require(type == BACKING_FORMAT || type == FEATURE_NAMES, "a header extension not of ours");
      int length = header.getInt(at + 4);
      require(
          length >= 0 && length <= header.limit() - at - 16, "header extensions without an end");
      at += 8 + (length + 7) / 8 * 8;
    }
    require(header.getLong(8) >= at + 8, "a backing file's name out of its place");
    return found;
  }

  /**
   * Reads the table by which all else is found.
   *
   * @throws IOException also when it leads to anything, or the header has more than one of ours
   */
  static void requireUnwritten(Path file) throws IOException {
    OverlayHeader unused = readPlain(file);
    ByteBuffer header = first(file);
    long bytes = Integer.toUnsignedLong(header.getInt(36)) * Long.BYTES;
    long at = header.getLong(40);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      require(at > 0 && at <= channel.size() - bytes, "a table of its clusters that is not there");
      ByteBuffer block = ByteBuffer.allocate(FIRST_CLUSTER);
      while (bytes > 0) {
        block.clear().limit((int) Math.min(bytes, block.capacity()));
        int read = channel.read(block, at);
        require(read > 0, "an end in the middle of the table of its clusters");
        for (int i = 0; i < read; i++) {
          require(block.get(i) == 0, "clusters of its own");
        }
        at += read;
        bytes -= read;
      }
    }
  }

  private static void require(boolean holds, String otherwise) throws IOException {
    if (!holds) {
      throw new IOException(otherwise);
    }
  }

  /**
   * Writes another backing file's name into an overlay, and syncs it.
   *
   * @throws IOException also when there is no room for the name
   */
  static void rename(Path file, String backingFile) throws IOException {
    ByteBuffer header = first(file);
    OverlayHeader before = read(header);
    int offset = (int) header.getLong(8);
    byte[] name = backingFile.getBytes(UTF_8);
    if (name.length > LONGEST_NAME || offset + name.length > FIRST_CLUSTER) {
      throw new IOException("no room for the name of a backing file: " + backingFile);
    }
    int room = Math.max(name.length, before.backingFile().getBytes(UTF_8).length);
    ByteBuffer length = ByteBuffer.allocate(4).putInt(0, name.length);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      write(channel, ByteBuffer.wrap(Arrays.copyOf(name, room)), offset);
      write(channel, length, 16);
      channel.force(true);
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** The same on another file. */
  OverlayHeader on(String otherFile) {
    return new OverlayHeader(otherFile, backingFormat, virtualBytes);
  }

  /** The last part of the backing file's name. */
  String backingName() {
    return backingFile.substring(backingFile.lastIndexOf('/') + 1);
  }

  private static ByteBuffer first(Path file) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(FIRST_CLUSTER);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (header.hasRemaining() && channel.read(header) > 0) {
        // until the first cluster is full or the file ends
      }
    }
    return header.flip();
  }

  private static OverlayHeader read(ByteBuffer header) throws IOException {
    if (header.remaining() < 104 || header.getInt(0) != MAGIC || header.getInt(4) != 3) {
      throw new IOException("not a qcow2 image of version 3");
    }
    long offset = header.getLong(8);
    int length = header.getInt(16);
    if (offset <= 0 || length <= 0 || length > LONGEST_NAME || offset > header.limit() - length) {
      throw new IOException("a qcow2 image without a backing file, or with one out of its place");
    }
    // Data in another file would be one; whoever opens the image would open that.
    require(header.getLong(72) == 0, "features without which it cannot be read");
    byte[] name = new byte[length];
    header.get((int) offset, name);
    return new OverlayHeader(new String(name, UTF_8), format(header), header.getLong(24));
  }

  private static Optional<String> format(ByteBuffer header) throws IOException {
    int at = header.getInt(100);
    while (at >= 0 && at <= header.limit() - 8) {
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
