package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hospes.image.ImageRefusedException;

/**
 * A raw disk must be a real one: whole sectors, and a partition table or a known file system that
 * fits into it. Otherwise other things that a builder's key ever signed, such as the attributes of
 * a CMS signature, could be passed off as an image.
 */
final class RawDisk {
  private static final int SMALLEST = 64 * 1024;
  private static final byte[] BOOT_SIGNATURE = {0x55, (byte) 0xaa};
  private static final int FIRST_PARTITION = 446;
  private static final int PROTECTIVE = 0xee;

  private RawDisk() {}

  static DiskFacts.Content content(Sectors sectors) throws IOException, ImageRefusedException {
    if (sectors.size() < SMALLEST || sectors.size() % Sectors.SECTOR != 0) {
      throw notADisk("its length is not that of a disk")
          .fact("expected", "a multiple of 512 bytes, 65536 at least")
          .fact("found", sectors.size());
    }
    boolean bootSignature = sectors.has(510, BOOT_SIGNATURE);
    if (bootSignature && gpt(sectors)) {
      return DiskFacts.Content.GPT;
    }
    // A file system may carry a boot sector, so it is looked for before the partition table.
    if (ext(sectors)) {
      return DiskFacts.Content.EXT;
    }
    if (xfs(sectors)) {
      return DiskFacts.Content.XFS;
    }
    if (btrfs(sectors)) {
      return DiskFacts.Content.BTRFS;
    }
    if (bootSignature && mbr(sectors)) {
      return DiskFacts.Content.MBR;
    }
    throw notADisk("it holds no partition table and no file system that is known here")
        .fact("expected", "MBR, GPT, ext2/3/4, xfs or btrfs, within the file's length")
        .fact("found", sectors.size() + " bytes of something else");
  }

  private static ImageRefusedException notADisk(String why) {
    return new ImageRefusedException("image.disk.not-a-disk", "the file is no disk: " + why)
        .advice("publish the disk itself, neither packed nor cut");
  }

  /** UEFI specification, 5.3: the header in the second sector, its CRC over itself. */
  private static boolean gpt(Sectors sectors) throws IOException {
    ByteBuffer header = sectors.at(Sectors.SECTOR, Sectors.SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    if (!sectors.has(Sectors.SECTOR, "EFI PART") || header.remaining() < Sectors.SECTOR) {
      return false;
    }
    int headerBytes = header.getInt(12);
    if (headerBytes < 92 || headerBytes > Sectors.SECTOR || header.getLong(24) != 1) {
      return false;
    }
    byte[] bytes = new byte[headerBytes];
    header.get(0, bytes);
    int expected = header.getInt(16);
    java.util.Arrays.fill(bytes, 16, 20, (byte) 0);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(bytes);
    long lastUsable = header.getLong(48);
    return (int) crc.getValue() == expected
        && lastUsable > 0
        && lastUsable < sectors.size() / Sectors.SECTOR;
  }

  /** Primary partitions that begin behind the first sector, lie in the disk, and do not overlap. */
  private static boolean mbr(Sectors sectors) throws IOException {
    long disk = sectors.size() / Sectors.SECTOR;
    ByteBuffer table = sectors.at(0, Sectors.SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    long[] starts = new long[4];
    long[] ends = new long[4];
    int found = 0;
    for (int i = 0; i < 4; i++) {
      int entry = FIRST_PARTITION + 16 * i;
      int status = table.get(entry) & 0xff;
      int type = table.get(entry + 4) & 0xff;
      long start = table.getInt(entry + 8) & 0xffffffffL;
      long length = table.getInt(entry + 12) & 0xffffffffL;
      if (type == 0) {
        continue;
      }
      if ((status != 0 && status != 0x80)
          || type == PROTECTIVE
          || start == 0
          || length == 0
          || start + length > disk) {
        return false;
      }
      for (int other = 0; other < found; other++) {
        if (start < ends[other] && starts[other] < start + length) {
          return false;
        }
      }
      starts[found] = start;
      ends[found++] = start + length;
    }
    return found > 0;
  }

  /** ext2/3/4: the superblock at 1024, its magic, its size within the file. */
  private static boolean ext(Sectors sectors) throws IOException {
    ByteBuffer superblock = sectors.at(1024, 1024).order(ByteOrder.LITTLE_ENDIAN);
    if (superblock.remaining() < 1024 || (superblock.getShort(56) & 0xffff) != 0xef53) {
      return false;
    }
    int logBlock = superblock.getInt(24);
    if (logBlock < 0 || logBlock > 6) {
      return false;
    }
    long blocks = superblock.getInt(4) & 0xffffffffL;
    boolean wide = (superblock.getInt(96) & 0x80) != 0;
    if (wide) {
      blocks |= (superblock.getInt(0x150) & 0xffffffffL) << 32;
    }
    return fits(blocks, 1024L << logBlock, sectors.size());
  }

  /** XFS: big-endian superblock in the first sector. */
  private static boolean xfs(Sectors sectors) throws IOException {
    if (!sectors.has(0, "XFSB")) {
      return false;
    }
    ByteBuffer superblock = sectors.at(0, Sectors.SECTOR);
    int blockBytes = superblock.getInt(4);
    return blockBytes >= 512
        && blockBytes <= 65536
        && Integer.bitCount(blockBytes) == 1
        && fits(superblock.getLong(8), blockBytes, sectors.size());
  }

  /** btrfs: the superblock at 64 KiB, one device, its size within the file. */
  private static boolean btrfs(Sectors sectors) throws IOException {
    long at = 64 * 1024;
    ByteBuffer superblock = sectors.at(at, 4096).order(ByteOrder.LITTLE_ENDIAN);
    return sectors.has(at + 0x40, "_BHRfS_M")
        && superblock.remaining() == 4096
        && superblock.getLong(0x30) == at
        && superblock.getLong(0x88) == 1
        && fits(superblock.getLong(0x70), 1, sectors.size());
  }

  private static boolean fits(long units, long unitBytes, long size) {
    return units > 0 && units <= size / unitBytes;
  }
}
