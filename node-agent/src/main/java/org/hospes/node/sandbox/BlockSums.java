package org.hospes.node.sandbox;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * Sums of a file's blocks, by which one who has nearly the same file finds what differs: of each
 * block of a MiB (the last may be shorter) its CRC-32C and its CRC-32, eight bytes together. They
 * say where to look and prove nothing: the digest of the whole file does. That is why they are no
 * digests, which would be taken while a guest stands still, and take ten times as long.
 */
public final class BlockSums {
  /** How long a block is. */
  static final int BLOCK = 1 << 20;

  private BlockSums() {}

  /** How long the sums of a file are. */
  public static long bytes(long file) {
    return (file + BLOCK - 1) / BLOCK * Long.BYTES;
  }

  static long of(byte[] block, int length) {
    CRC32C first = new CRC32C();
    first.update(block, 0, length);
    CRC32 second = new CRC32();
    second.update(block, 0, length);
    return first.getValue() << Integer.SIZE | second.getValue();
  }

  /**
   * Reads a file and writes the sums of its blocks.
   *
   * @param bytes how long it is
   */
  public static void write(FileChannel file, long bytes, OutputStream out) throws IOException {
    DataOutputStream sums = new DataOutputStream(out);
    byte[] block = new byte[BLOCK];
    for (long at = 0; at < bytes; at += BLOCK) {
      ByteBuffer rest = ByteBuffer.wrap(block, 0, (int) Math.min(BLOCK, bytes - at));
      while (rest.hasRemaining()) {
        if (file.read(rest, at + rest.position()) < 0) {
          throw new IOException("the file became shorter while it was read");
        }
      }
      sums.writeLong(of(block, rest.limit()));
    }
    sums.flush();
  }
}
