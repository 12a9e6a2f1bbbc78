package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.hospes.image.ImageRefusedException;

/**
 * Where a qcow2 says that its tables are: the L1 table and every L2 table that it names, the
 * reference count table and every block that it names, the directory of bitmaps and every table
 * that it names. Each must lie in whole clusters within the file, and no two on the same cluster.
 *
 * <p>What stands in the L2 tables is not read, since there is as much of it as the disk is large:
 * an entry outside the file can only make the guest's read fail, for it names no other file.
 */
final class Qcow2Tables {
  /** QEMU's own limits for what it loads at once. */
  static final long LARGEST_L1 = 32L << 20;

  static final long LARGEST_REFERENCE_COUNTS = 8L << 20;
  private static final int MOST_BITMAPS = 65_535;
  private static final long LARGEST_DIRECTORY = MOST_BITMAPS * 1024L;
  private static final long LARGEST_BITMAP_TABLE = 0x8000000;

  /** One bit each is kept of them: 32 MiB at most. 16 TiB of file with the usual clusters. */
  private static final long MOST_CLUSTERS = 1L << 28;

  /** Bit 63 says that a table is used once. */
  private static final long ONCE = 1L << 63;

  private static final long HIGH_RESERVED = 0x7fL << 56;
  private static final int PIECE = 256 * 1024;

  private final Sectors file;
  private final long clusterBytes;
  private final BitSet taken = new BitSet();

  /** The first cluster is the header's. */
  Qcow2Tables(Sectors file, long clusterBytes) throws ImageRefusedException {
    this.file = file;
    this.clusterBytes = clusterBytes;
    if (file.size() / clusterBytes >= MOST_CLUSTERS) {
      throw Qcow2Header.malformed(
          "its file is too long for so small clusters",
          "fewer than " + MOST_CLUSTERS + " clusters",
          file.size() / clusterBytes);
    }
    taken.set(0);
  }

  /** The L1 table and the L2 tables. */
  void mapping(long offset, long entries, long needed) throws IOException, ImageRefusedException {
    if (entries < needed || entries > LARGEST_L1 / 8) {
      throw Qcow2Header.malformed(
          "its L1 table", needed + " to " + LARGEST_L1 / 8 + " entries", entries);
    }
    take("its L1 table", offset, entries * 8);
    entries("an L2 table", offset, entries, true);
  }

  /** The reference count table and its blocks. */
  void referenceCounts(long offset, long clusters) throws IOException, ImageRefusedException {
    long most = Math.max(1, LARGEST_REFERENCE_COUNTS / clusterBytes);
    if (clusters < 1 || clusters > most) {
      throw Qcow2Header.malformed(
          "its reference count table", "1 to " + most + " clusters", clusters);
    }
    take("its reference count table", offset, clusters * clusterBytes);
    entries("a reference count block", offset, clusters * clusterBytes / 8, false);
  }

  private void entries(String what, long offset, long entries, boolean flagged)
      throws IOException, ImageRefusedException {
    long end = offset + entries * 8;
    for (long at = offset; at < end; at += PIECE) {
      ByteBuffer piece = file.at(at, (int) Math.min(PIECE, end - at));
      while (piece.remaining() >= 8) {
        long entry = piece.getLong();
        if (entry == 0) {
          continue;
        }
        long place = flagged ? entry & ~ONCE : entry;
        if (flagged && (place & HIGH_RESERVED) != 0) {
          throw Qcow2Header.malformed(
              "where " + what + " is", "reserved bits of 0", "0x" + Long.toHexString(entry));
        }
        if (place != 0) {
          take(what, place, clusterBytes);
        }
      }
    }
  }

  /** The directory of bitmaps, as its header extension names it. */
  void bitmaps(ByteBuffer extension) throws IOException, ImageRefusedException {
    if (extension.remaining() != 24) {
      throw Qcow2Header.malformed(
          "its bitmaps extension", "24 bytes", extension.remaining() + " bytes");
    }
    long count = extension.getInt(0) & 0xffffffffL;
    long bytes = extension.getLong(8);
    long offset = extension.getLong(16);
    if (count < 1 || count > MOST_BITMAPS || bytes < 24 * count || bytes > LARGEST_DIRECTORY) {
      throw Qcow2Header.malformed(
          "its directory of bitmaps",
          "1 to " + MOST_BITMAPS + " bitmaps in up to " + LARGEST_DIRECTORY + " bytes",
          count + " in " + bytes);
    }
    take("its directory of bitmaps", offset, bytes);
    long at = offset;
    long end = offset + bytes;
    for (long i = 0; i < count; i++) {
      if (end - at < 24) {
        throw Qcow2Header.malformed(
            "its directory of bitmaps", count + " bitmaps", "the end after " + i);
      }
      ByteBuffer entry = file.at(at, 24);
      long table = (entry.getInt(8) & 0xffffffffL) * 8;
      if (table < 8 || table > LARGEST_BITMAP_TABLE) {
        throw Qcow2Header.malformed(
            "the table of a bitmap", "8 to " + LARGEST_BITMAP_TABLE + " bytes", table);
      }
      take("the table of a bitmap", entry.getLong(0), table);
      long own = 24L + (entry.getShort(18) & 0xffff) + (entry.getInt(20) & 0xffffffffL);
      at += (own + 7) / 8 * 8;
    }
    if (at != end) {
      throw Qcow2Header.malformed(
          "its directory of bitmaps", bytes + " bytes", at - offset + " bytes of entries");
    }
  }

  private void take(String what, long offset, long length) throws ImageRefusedException {
    if (offset < clusterBytes
        || offset % clusterBytes != 0
        || offset > file.size()
        || length > file.size() - offset) {
      throw Qcow2Header.malformed(
          what,
          "in whole clusters within " + file.size() + " bytes",
          length + " bytes at " + offset);
    }
    int from = (int) (offset / clusterBytes);
    int to = (int) ((offset + length - 1) / clusterBytes) + 1;
    // The search for the next one taken would end at the far end of the file, each time.
    if (to - from == 1 ? taken.get(from) : !taken.get(from, to).isEmpty()) {
      throw Qcow2Header.malformed(
          what, "on clusters of its own", "another table where it is, at " + offset);
    }
    taken.set(from, to);
  }
}
