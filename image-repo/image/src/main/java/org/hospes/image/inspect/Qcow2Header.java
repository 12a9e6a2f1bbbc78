package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.hospes.image.ImageRefusedException;

/**
 * The header of a qcow2 (QEMU's docs/interop/qcow2.txt), taken only when it is complete in itself:
 * no backing file, no external data file, no feature that is not known here, and {@link Qcow2Tables
 * tables} that lie within the file.
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
  private static final long AUTOCLEAR_BITMAPS = 1;
  private static final int SMALLEST_EXTENDED_CLUSTER = 14;
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
    if (extendedL2 && clusterBits < SMALLEST_EXTENDED_CLUSTER) {
      throw malformed("its cluster size", "14 to 21 bits with extended L2 entries", clusterBits);
    }
    int headerBytes = version == 3 ? header.getInt(100) : 72;
    if (headerBytes < (version == 3 ? 104 : 72)
        || headerBytes % 8 != 0
        || headerBytes > Math.min(header.limit(), 1L << clusterBits)) {
      throw malformed("its header length", "a multiple of 8, from 104 to one cluster", headerBytes);
    }
    Optional<ByteBuffer> bitmaps = extensions(header, headerBytes, 1L << clusterBits);
    if (version == 3 && headerBytes > 104 && (header.get(104) & 0xff) > 1) {
      throw malformed("its compression", "zlib or zstd", header.get(104) & 0xff);
    }
    if (version == 3 && (header.getInt(96) < 0 || header.getInt(96) > 6)) {
      throw malformed("its reference count width", "an order of 0 to 6", header.getInt(96));
    }
    if (header.getInt(60) != 0) {
      throw malformed("it holds snapshots", "none", header.getInt(60) & 0xffffffffL)
          .advice("write it out whole with 'qemu-img convert -O qcow2' and sign the result");
    }
    Qcow2Tables tables = new Qcow2Tables(file, 1L << clusterBits);
    tables.referenceCounts(header.getLong(48), header.getInt(56) & 0xffffffffL);
    long perL2Table = ((1L << clusterBits) / (extendedL2 ? 16 : 8)) << clusterBits;
    tables.mapping(
        header.getLong(40), header.getInt(36) & 0xffffffffL, (virtualBytes - 1) / perL2Table + 1);
    if (bitmaps.isPresent() && version == 3 && (header.getLong(88) & AUTOCLEAR_BITMAPS) != 0) {
      tables.bitmaps(bitmaps.get());
    }
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

  /**
   * The content of the bitmaps extension, when there is one; it counts only while the header says
   * that the bitmaps were kept in step with the disk.
   */
  private static Optional<ByteBuffer> extensions(ByteBuffer header, int from, long clusterBytes)
      throws ImageRefusedException {
    Optional<ByteBuffer> bitmaps = Optional.empty();
    long end = Math.min(header.limit(), clusterBytes);
    long at = from;
    while (at + 8 <= end) {
      int type = header.getInt((int) at);
      long length = header.getInt((int) at + 4) & 0xffffffffL;
      if (type == EXTENSION_END) {
        return bitmaps;
      }
      if (at + 8 + length > end) {
        throw malformed(
            "a header extension", "within the first " + end + " bytes", length + " bytes at " + at);
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
        case EXTENSION_FEATURE_NAMES -> {}
        case EXTENSION_BITMAPS -> bitmaps = Optional.of(header.slice((int) at + 8, (int) length));
        default ->
            throw malformed(
                "a header extension that is not known here",
                "feature names or bitmaps",
                "0x" + Integer.toHexString(type));
      }
      at += 8 + (length + 7) / 8 * 8;
    }
    if (end < clusterBytes) {
      // What follows would be read by a disk tool and was not read here.
      throw malformed("its header extensions", "an end within " + end + " bytes", "more of them");
    }
    return bitmaps;
  }

  static ImageRefusedException malformed(String what, Object expected, Object found) {
    return new ImageRefusedException("image.disk.qcow2", "the qcow2 is not taken: " + what)
        .fact("expected", expected)
        .fact("found", found)
        .advice("check it with 'qemu-img check' on your own machine");
  }
}
