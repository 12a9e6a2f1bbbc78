package org.hospes.image.testimages;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32;

/** Small disks that are what they say, for the tests of every module. */
public final class TestDisks {
  private static final int SECTOR = 512;

  private TestDisks() {}

  /** A raw disk with one partition; the same seed gives the same bytes. */
  public static Path mbr(Path file, int bytes, long seed) {
    return write(file, mbr(bytes, seed));
  }

  /** The same in memory. */
  public static byte[] mbr(int bytes, long seed) {
    byte[] disk = new byte[bytes];
    new Random(seed).nextBytes(disk);
    ByteBuffer table = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < SECTOR; i++) {
      disk[i] = 0;
    }
    table.put(446, (byte) 0x80);
    table.put(446 + 4, (byte) 0x83);
    table.putInt(446 + 8, 1);
    table.putInt(446 + 12, bytes / SECTOR - 1);
    table.putShort(510, (short) 0xaa55);
    return disk;
  }

  /**
   * Bytes that share their SHA-1 with others: they begin with the blocks of the SHAttered attack
   * (2017), which is all that the marks need. No disk otherwise.
   */
  public static byte[] collidingWithAnother() {
    try (InputStream hex =
        TestDisks.class.getResourceAsStream("/org/hospes/image/digest/shattered.hex")) {
      String text = new String(hex.readAllBytes(), StandardCharsets.US_ASCII);
      return Arrays.copyOf(HexFormat.of().parseHex(text.replaceAll("\\s", "")), 1 << 20);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A raw disk with a GUID partition table. */
  public static byte[] gpt(int bytes) {
    byte[] disk = new byte[bytes];
    ByteBuffer table = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
    table.put(446 + 4, (byte) 0xee);
    table.putInt(446 + 8, 1);
    table.putInt(446 + 12, bytes / SECTOR - 1);
    table.putShort(510, (short) 0xaa55);
    table.put(SECTOR, "EFI PART".getBytes(StandardCharsets.US_ASCII));
    table.putInt(SECTOR + 8, 0x10000);
    table.putInt(SECTOR + 12, 92);
    table.putLong(SECTOR + 24, 1);
    table.putLong(SECTOR + 32, bytes / SECTOR - 1);
    table.putLong(SECTOR + 40, 34);
    table.putLong(SECTOR + 48, bytes / SECTOR - 34);
    CRC32 crc = new CRC32();
    crc.update(disk, SECTOR, 92);
    table.putInt(SECTOR + 16, (int) crc.getValue());
    return disk;
  }

  /** A raw disk with the superblock of an ext file system. */
  public static byte[] ext(int bytes) {
    byte[] disk = new byte[bytes];
    ByteBuffer superblock = ByteBuffer.wrap(disk).order(ByteOrder.LITTLE_ENDIAN);
    superblock.putInt(1024 + 4, bytes / 1024);
    superblock.putInt(1024 + 24, 0);
    superblock.putShort(1024 + 56, (short) 0xef53);
    return disk;
  }

  /** An empty qcow2, version 3, clusters of 64 KiB, complete in itself. */
  public static byte[] qcow2(long virtualBytes) {
    int cluster = 1 << 16;
    long perL2 = (long) cluster / 8 * cluster;
    int l1 = (int) ((virtualBytes - 1) / perL2 + 1);
    ByteBuffer image = ByteBuffer.allocate(4 * cluster).order(ByteOrder.BIG_ENDIAN);
    image.putInt(0, 0x514649fb);
    image.putInt(4, 3);
    image.putInt(20, 16);
    image.putLong(24, virtualBytes);
    image.putInt(36, l1);
    image.putLong(40, 3L * cluster);
    image.putLong(48, cluster);
    image.putInt(56, 1);
    image.putInt(96, 4);
    image.putInt(100, 104);
    image.putLong(cluster, 2L * cluster);
    for (int i = 0; i < 4; i++) {
      image.putShort(2 * cluster + 2 * i, (short) 1);
    }
    return image.array();
  }

  /** Writes a disk to a file. */
  public static Path write(Path file, byte[] disk) {
    try {
      return Files.write(file, disk);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
