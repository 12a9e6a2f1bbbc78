package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.hospes.image.ImageRefusedException;

/**
 * The header of a qcow2 (QEMU's docs/interop/qcow2.txt), taken only when it is complete in itself:
 * no backing file, no external data file, no feature that is not known here, and tables that lie
 * within the file.
 *
 * @param version 2 or 3
 */
record Qcow2Header(int version, long virtualBytes) {
  private static final int MAGIC = 0x514649fb;
  private static final long LARGEST_DISK = 1L << 46;
  private static final int LONGEST_HEADER = 65_536;
  private static final long INCOMPATIBLE_DIRTY = 1;
  private static final long INCOMPATIBLE_CORRUPT = 1 << 1;
  private static final long INCOMPATIBLE_DATA_FILE = 1 << 2;
  private static final long INCOMPATIBLE_COMPRESSION = 1 << 3;
  private static final long INCOMPATIBLE_EXTENDED_L2 = 1 << 4;
  private static final int EXTENSION_END = 0;
  private static final int EXTENSION_BACKING_FORMAT = 0xe2792aca;
  private static final int EXTENSION_FEATURE_NAMES = 0x6803f857;
  private static final int EXTENSION_BITMAPS = 0x23852875;
  private static final int EXTENSION_ENCRYPTION = 0x0537be77;
  private static final int EXTENSION_DATA_FILE = 0x44415441;

  static boolean recognises(Sectors file) throws IOException {
    ByteBuffer start = file.at(0, 8);
    return start.remaining() == 8 && start.getInt(0) == MAGIC && start.getInt(4) != 1;
  }

  /**
   * Reads and checks.
   *
   * @throws ImageRefusedException with the code of the first thing that is wrong
   */
  static Qcow2Header read(Sectors file) throws IOException, ImageRefusedException {
    ByteBuffer header = file.at(0, LONGEST_HEADER);
    if (header.remaining() < 72) {
      throw malformed("the header is cut off", "72 bytes", header.remaining());
    }
    int version = header.getInt(4);
    if (version != 2 && version != 3) {
      throw malformed("its version is not known", "2 or 3", version);
    }
    if (version == 3 && header.remaining() < 104) {
      throw malformed("the header is cut off", "104 bytes", header.remaining());
    }
    refuseBackingFile(header);
    int clusterBits = header.getInt(20);
    if (clusterBits < 9 || clusterBits > 21) {
      throw malformed("its cluster size", "9 to 21 bits", clusterBits);
    }
    long virtualBytes = header.getLong(24);
    if (virtualBytes <= 0 || virtualBytes > LARGEST_DISK || virtualBytes % Sectors.SECTOR != 0) {
      throw malformed("its virtual size", "whole sectors, up to 64 TiB", virtualBytes);
    }
    if (header.getInt(32) != 0) {
      throw new ImageRefusedException("image.disk.encrypted", "an encrypted qcow2 is not taken")
          .advice("convert it with 'qemu-img convert -O qcow2' and sign the result");
    }
    boolean extendedL2 = version == 3 && features(header);
    int headerBytes = version == 3 ? header.getInt(100) : 72;
    if (headerBytes < (version == 3 ? 104 : 72)
        || headerBytes % 8 != 0
        || headerBytes > Math.min(header.limit(), 1L << clusterBits)) {
      throw malformed("its header length", "a multiple of 8, from 104 to one cluster", headerBytes);
    }
    extensions(header, headerBytes, 1L << clusterBits);
    if (version == 3 && headerBytes > 104 && (header.get(104) & 0xff) > 1) {
      throw malformed("its compression", "zlib or zstd", header.get(104) & 0xff);
    }
    if (version == 3 && (header.getInt(96) < 0 || header.getInt(96) > 6)) {
      throw malformed("its reference count width", "an order of 0 to 6", header.getInt(96));
    }
    tables(file, header, clusterBits, virtualBytes, extendedL2);
    return new Qcow2Header(version, virtualBytes);
  }

  private static void refuseBackingFile(ByteBuffer header) throws ImageRefusedException {
    long offset = header.getLong(8);
    int length = header.getInt(16);
    if (offset == 0 && length == 0) {
      return;
    }
    String name = "";
    if (offset > 0 && length > 0 && length <= 1023 && offset <= header.limit() - length) {
      byte[] bytes = new byte[length];
      header.get((int) offset, bytes);
      name = new String(bytes, StandardCharsets.UTF_8);
    }
    throw new ImageRefusedException(
            "image.disk.backing-file", "the qcow2 takes data from another file")
        .fact("expected", "no backing file")
        .fact("found", name.isEmpty() ? "one at offset " + offset : name)
        .advice("write it out whole with 'qemu-img convert -O qcow2' and sign the result");
  }

  /** Whether its L2 entries are extended ones. */
  private static boolean features(ByteBuffer header) throws ImageRefusedException {
    long incompatible = header.getLong(72);
    if ((incompatible & INCOMPATIBLE_DATA_FILE) != 0) {
      throw dataFile();
    }
    if ((incompatible & INCOMPATIBLE_CORRUPT) != 0) {
      throw malformed("it is marked corrupt", "a sound one", "the corrupt bit");
    }
    long known = INCOMPATIBLE_DIRTY | INCOMPATIBLE_COMPRESSION | INCOMPATIBLE_EXTENDED_L2;
    if ((incompatible & ~known) != 0) {
      throw malformed(
          "it needs features that are not known here",
          "none",
          "bits 0x" + Long.toHexString(incompatible & ~known));
    }
    return (incompatible & INCOMPATIBLE_EXTENDED_L2) != 0;
  }

  private static ImageRefusedException dataFile() {
    return new ImageRefusedException(
            "image.disk.data-file", "the qcow2 keeps its data in another file")
        .fact("expected", "no external data file")
        .advice("write it out whole with 'qemu-img convert -O qcow2' and sign the result");
  }

  private static void extensions(ByteBuffer header, int from, long clusterBytes)
      throws ImageRefusedException {
    long end = Math.min(header.limit(), clusterBytes);
    long at = from;
    while (at + 8 <= end) {
      int type = header.getInt((int) at);
      long length = header.getInt((int) at + 4) & 0xffffffffL;
      if (type == EXTENSION_END) {
        return;
      }
      if (at + 8 + length > end) {
        throw malformed("a header extension", "within the first cluster", length + " bytes");
      }
      switch (type) {
        case EXTENSION_DATA_FILE -> throw dataFile();
        case EXTENSION_BACKING_FORMAT ->
            throw new ImageRefusedException(
                    "image.disk.backing-file", "the qcow2 names the format of a backing file")
                .advice("write it out whole with 'qemu-img convert -O qcow2' and sign the result");
        case EXTENSION_ENCRYPTION ->
            throw new ImageRefusedException(
                "image.disk.encrypted", "an encrypted qcow2 is not taken");
        case EXTENSION_FEATURE_NAMES, EXTENSION_BITMAPS -> {}
        default ->
            throw malformed(
                "a header extension that is not known here",
                "feature names or bitmaps",
                "0x" + Integer.toHexString(type));
      }
      at += 8 + (length + 7) / 8 * 8;
    }
  }

  private static void tables(
      Sectors file, ByteBuffer header, int clusterBits, long virtualBytes, boolean extendedL2)
      throws ImageRefusedException {
    long clusterBytes = 1L << clusterBits;
    long perL2Table = (clusterBytes / (extendedL2 ? 16 : 8)) << clusterBits;
    long needed = (virtualBytes - 1) / perL2Table + 1;
    long l1Entries = header.getInt(36) & 0xffffffffL;
    if (l1Entries < needed || l1Entries > (32L << 20) / 8) {
      throw malformed("its L1 table", needed + " entries at least", l1Entries);
    }
    within(file, "its L1 table", header.getLong(40), l1Entries * 8, clusterBytes);
    long refcountClusters = header.getInt(56) & 0xffffffffL;
    if (refcountClusters < 1 || refcountClusters > (8L << 20) / clusterBytes + 1) {
      throw malformed("its reference count table", "1 to 8 MiB", refcountClusters + " clusters");
    }
    within(
        file,
        "its reference count table",
        header.getLong(48),
        refcountClusters * clusterBytes,
        clusterBytes);
    long snapshots = header.getInt(60) & 0xffffffffL;
    if (snapshots != 0) {
      throw malformed("it holds snapshots", "none", snapshots)
          .advice("write it out whole with 'qemu-img convert -O qcow2' and sign the result");
    }
  }

  private static void within(Sectors file, String what, long offset, long length, long clusterBytes)
      throws ImageRefusedException {
    if (offset < clusterBytes
        || offset % clusterBytes != 0
        || offset > file.size()
        || length > file.size() - offset) {
      throw malformed(
          what,
          "in whole clusters within " + file.size() + " bytes",
          length + " bytes at " + offset);
    }
  }

  private static ImageRefusedException malformed(String what, Object expected, Object found) {
    return new ImageRefusedException("image.disk.qcow2", "the qcow2 is not taken: " + what)
        .fact("expected", expected)
        .fact("found", found)
        .advice("check it with 'qemu-img check' on your own machine");
  }
}
