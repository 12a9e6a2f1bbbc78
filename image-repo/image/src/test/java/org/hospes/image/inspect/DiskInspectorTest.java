package org.hospes.image.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.testimages.TestDisks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskInspectorTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  @Test
  void takesARawDiskWithAPartitionTable() throws Exception {
    DiskFacts facts = inspect(TestDisks.mbr(MIB, 1));
    assertEquals(new DiskFacts(DiskFormat.RAW, MIB, MIB, DiskFacts.Content.MBR), facts);
  }

  @Test
  void takesAGuidPartitionTableAndABareFileSystem() throws Exception {
    assertEquals(DiskFacts.Content.GPT, inspect(TestDisks.gpt(MIB)).content());
    assertEquals(DiskFacts.Content.EXT, inspect(TestDisks.ext(MIB)).content());
  }

  @Test
  void takesASelfContainedQcow2() throws Exception {
    DiskFacts facts = inspect(TestDisks.qcow2(1L << 30));
    assertEquals(DiskFormat.QCOW2, facts.format());
    assertEquals(1L << 30, facts.virtualBytes());
  }

  @Test
  void refusesAQcow2WithABackingFileAndNamesIt() {
    byte[] image =
        qcow2(
            q -> {
              byte[] name = "/etc/shadow".getBytes(StandardCharsets.UTF_8);
              q.putLong(8, 512).putInt(16, name.length).put(512, name);
            });
    ImageRefusedException refused = refuse(image);
    assertEquals("image.disk.backing-file", refused.code());
    assertEquals("/etc/shadow", refused.facts().get("found"));
  }

  @Test
  void refusesABackingFileThatLiesOutsideTheHeader() {
    assertEquals(
        "image.disk.backing-file",
        refuse(qcow2(q -> q.putLong(8, Long.MAX_VALUE).putInt(16, Integer.MAX_VALUE))).code());
    assertEquals(
        "image.disk.backing-file", refuse(qcow2(q -> q.putLong(8, -5).putInt(16, -5))).code());
  }

  @Test
  void refusesTheNameOfABackingFormatAlone() {
    assertEquals(
        "image.disk.backing-file",
        refuse(
                qcow2(
                    q ->
                        q.putInt(104, 0xe2792aca)
                            .putInt(108, 3)
                            .put(112, "raw".getBytes(StandardCharsets.UTF_8))))
            .code());
  }

  @Test
  void refusesAnExternalDataFileByItsBitAndByItsExtension() {
    assertEquals("image.disk.data-file", refuse(qcow2(q -> q.putLong(72, 4))).code());
    assertEquals(
        "image.disk.data-file",
        refuse(
                qcow2(
                    q ->
                        q.putInt(104, 0x44415441)
                            .putInt(108, 6)
                            .put(112, "/a/b/c".getBytes(StandardCharsets.UTF_8))))
            .code());
  }

  @Test
  void refusesEncryption() {
    assertEquals("image.disk.encrypted", refuse(qcow2(q -> q.putInt(32, 2))).code());
    assertEquals(
        "image.disk.encrypted",
        refuse(qcow2(q -> q.putInt(104, 0x0537be77).putInt(108, 16))).code());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "unknown version, 4, 4",
    "clusters too large, 20, 40",
    "clusters too small, 20, 3",
    "too few L1 entries, 36, 0",
    "far too many L1 entries, 36, 2147483647",
    "L1 table at an odd place, 44, 196609",
    "L1 table behind the end, 44, 1073741824",
    "no reference counts, 56, 0",
    "reference counts behind the end, 52, 1073741824",
    "snapshots, 60, 1",
    "wide reference counts, 96, 7",
    "unknown feature, 76, 64",
    "marked corrupt, 76, 2",
    "odd header length, 100, 105",
    "short header, 100, 8",
    "header longer than the file, 100, 1073741824",
    "unknown extension, 104, 12345",
    "reference counts larger than QEMU loads, 56, 129",
    "reference count table in the header's cluster, 52, 0",
    "first reference count block in the header's cluster, 65540, 512",
    "first reference count block where its own table is, 65540, 65536",
    "first reference count block behind the end, 65540, 262144",
    "first reference count block far behind the end, 65536, 1073741824",
    "first reference count block below nothing, 65536, -1",
    "first L2 table in the header's cluster, 196612, 512",
    "first L2 table where the L1 table is, 196612, 196608",
    "first L2 table where the reference counts are, 196612, 131072",
    "first L2 table at the end, 196612, 262144",
    "first L2 table far behind the end, 196608, 1073741824",
    "first L2 table with reserved high bits, 196608, 16777216",
    "first L2 table with reserved low bits, 196612, 1",
    "L1 table where the reference counts are, 44, 65536",
  })
  void refusesAQcow2Whose(String what, int position, int value) {
    ImageRefusedException refused = refuse(qcow2(q -> q.putInt(position, value)));
    assertTrue(refused.code().startsWith("image.disk."), what + ": " + refused.code());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KDMV",
        "COWD",
        "# Disk DescriptorFile\nversion=1",
        "QED\0",
        "vhdxfile",
        "conectix",
        "QFI\u00fb\0\0\0\1",
        "WithoutFreeSpace",
        "LUKS\u00ba\u00be",
        "koly",
        "OOOM\0\0\0\2",
        "version=1\n",
        "version=3\r\n",
        "# a comment\n\n  \r\n#another\nversion=2\nCID=1\n",
        "#!/bin/sh\n#V2.0 Format\n",
        "Bochs Virtual HD Image",
        "SKUL\u00ba\u00be",
        "<<< Oracle VM VirtualBox Disk Image >>>",
        "json:{}"
      })
  void refusesOtherFormatsEvenUnderAGoodPartitionTable(String magic) {
    byte[] disk = TestDisks.mbr(MIB, 1);
    byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, disk, 0, bytes.length);
    assertEquals("image.disk.format", refuse(disk).code());
  }

  @Test
  void refusesAFixedVhdByItsFooterAndAVdiByItsMagic() {
    byte[] vhd = TestDisks.mbr(MIB, 1);
    System.arraycopy("conectix".getBytes(StandardCharsets.US_ASCII), 0, vhd, MIB - 512, 8);
    assertEquals("VHD", refuse(vhd).facts().get("found"));
    byte[] vdi = TestDisks.mbr(MIB, 1);
    ByteBuffer.wrap(vdi).putInt(0x40, 0x7f10dabe);
    assertEquals("VDI", refuse(vdi).facts().get("found"));
  }

  @ParameterizedTest(name = "{0} at {1}")
  @CsvSource({
    "conectix, -512, VHD",
    "conectix, -511, VHD",
    "koly, -512, DMG",
    "koly, -1000, DMG",
    "SKUL\u00ba\u00be, 0x4000, LUKS",
    "SKUL\u00ba\u00be, 0x20000, LUKS",
    "SKUL\u00ba\u00be, 0x400000, LUKS",
    "CD001, 0x8001, ISO 9660",
    "CD001, 0x8801, ISO 9660",
    "CDROM, 0x8009, ISO 9660",
    "NSR02, 0x9001, ISO 9660",
  })
  void refusesWhatAnotherFormatLeavesFurtherIn(String mark, String where, String found) {
    byte[] bytes = mark.getBytes(StandardCharsets.ISO_8859_1);
    for (byte[] disk : List.of(TestDisks.mbr(5 * MIB, 1), TestDisks.gpt(5 * MIB))) {
      int place = Integer.decode(where);
      System.arraycopy(bytes, 0, disk, place < 0 ? disk.length + place : place, bytes.length);
      assertEquals(found, refuse(disk).facts().get("found"));
    }
  }

  @Test
  void takesBootCodeThatOnlyLooksLikeADescriptor() throws Exception {
    for (String code : List.of("version=1", "version=one\n", "# version=1\n", "\nversions\n")) {
      byte[] disk = TestDisks.mbr(MIB, 1);
      byte[] bytes = code.getBytes(StandardCharsets.ISO_8859_1);
      System.arraycopy(bytes, 0, disk, 0, bytes.length);
      assertEquals(DiskFacts.Content.MBR, inspect(disk).content(), code);
    }
  }

  @Test
  void refusesTwoL2TablesOnOneCluster() {
    ImageRefusedException refused =
        refuse(
            qcow2(
                q -> {
                  q.putLong(8 + 3 * 65536, 4 * 65536 | 1L << 63);
                  q.putLong(3 * 65536, 4 * 65536 | 1L << 63);
                },
                1));
    assertEquals("on clusters of its own", refused.facts().get("expected"));
  }

  @Test
  void refusesExtensionsThatItDoesNotReadToTheirEnd() {
    // Feature names up to what is read of the header, in a cluster that is larger than that.
    byte[] image = TestDisks.qcow2(1L << 30);
    ByteBuffer q = ByteBuffer.wrap(image);
    q.putInt(20, 17).putInt(104, 0x6803f857).putInt(108, 65536 - 112);
    assertEquals("more of them", refuse(image).facts().get("found"));
  }

  @Test
  void looksAtTheDirectoryOfBitmapsOnlyWhileItCounts() throws Exception {
    Consumer<ByteBuffer> extension =
        q -> q.putInt(104, 0x23852875).putInt(108, 24).putInt(112, 1).putLong(120, 32);
    byte[] stale = qcow2(extension.andThen(q -> q.putLong(128, 1L << 40)));
    assertEquals(DiskFormat.QCOW2, inspect(stale).format());
    byte[] outside = qcow2(extension.andThen(q -> q.putLong(128, 1L << 40).putLong(88, 1)));
    assertEquals("image.disk.qcow2", refuse(outside).code());
    Consumer<ByteBuffer> inside =
        extension.andThen(
            q ->
                q.putLong(128, 4 * 65536)
                    .putLong(88, 1)
                    .putLong(4 * 65536, 5 * 65536)
                    .putInt(4 * 65536 + 8, 1)
                    .putShort(4 * 65536 + 18, (short) 3));
    assertEquals(DiskFormat.QCOW2, inspect(qcow2(inside, 2)).format());
    byte[] tableOutside = qcow2(inside.andThen(q -> q.putLong(4 * 65536, 6 * 65536)), 2);
    assertEquals(
        "the qcow2 is not taken: the table of a bitmap", refuse(tableOutside).getMessage());
    byte[] endless = qcow2(inside.andThen(q -> q.putInt(4 * 65536 + 20, -1)), 2);
    assertEquals("image.disk.qcow2", refuse(endless).code());
  }

  @Test
  void readsNoMoreOfALargeDiskThanOfASmallOne() throws Exception {
    Path file = directory.resolve("large");
    TestDisks.write(file, TestDisks.mbr(5 * MIB, 1));
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long small = read(channel);
      channel.write(ByteBuffer.allocate(512), (1L << 36) - 512);
      assertEquals(small, read(channel));
      assertTrue(small < 256 * 1024, small + " bytes");
    }
  }

  @Test
  void readsTheTablesOfTheLargestQcow2AndNothingElse() throws Exception {
    // The most L1 entries and the longest reference count table that QEMU loads, all in use.
    int entries = 1 << 22;
    int blocks = 1 << 20;
    Path file = directory.resolve("large");
    TestDisks.write(file, TestDisks.qcow2(1L << 30));
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer header = ByteBuffer.allocate(112);
      channel.read(header, 0);
      long l1 = 1 << 20;
      long references = l1 + 8L * entries;
      long tables = references + 8L * blocks;
      header.putInt(20, 16).putInt(36, entries).putLong(40, l1);
      header.putLong(48, references).putInt(56, 8 * blocks >> 16);
      channel.write(header.rewind(), 0);
      ByteBuffer places = ByteBuffer.allocate(8 * (entries + blocks));
      for (long i = 0; i < entries + blocks; i++) {
        places.putLong(tables + (i << 16));
      }
      channel.write(places.flip(), l1);
      channel.write(ByteBuffer.allocate(1), tables + ((entries + blocks) * (1L << 16)) - 1);
      assertEquals(1L << 30, DiskInspector.inspect(channel).virtualBytes());
      long read = read(channel);
      assertTrue(read <= DiskInspector.MOST_READ, read + " bytes");
      assertTrue(read >= 40 << 20, read + " bytes: these tables were to be read");
    }
  }

  private static long read(FileChannel channel) throws Exception {
    Sectors sectors = new Sectors(channel);
    DiskInspector.inspect(sectors);
    return sectors.bytesRead();
  }

  @Test
  void refusesWhatIsNoDisk() {
    assertEquals("image.disk.not-a-disk", refuse(new byte[0]).code());
    assertEquals("image.disk.not-a-disk", refuse(new byte[231]).code());
    assertEquals("image.disk.not-a-disk", refuse(new byte[MIB]).code());
    assertEquals(
        "image.disk.not-a-disk", refuse(Arrays.copyOf(TestDisks.mbr(MIB, 1), MIB + 1)).code());
  }

  @Test
  void refusesPartitionsThatOverlapOrReachPastTheEnd() {
    byte[] beyond = TestDisks.mbr(MIB, 1);
    beyond[446 + 14] = 1;
    assertEquals("image.disk.not-a-disk", refuse(beyond).code());
    byte[] overlapping = TestDisks.mbr(MIB, 1);
    System.arraycopy(overlapping, 446, overlapping, 462, 16);
    assertEquals("image.disk.not-a-disk", refuse(overlapping).code());
  }

  @Test
  void neverAnswersRandomBytesWithAnythingButARefusal() {
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      byte[] image = TestDisks.qcow2(1L << 30);
      for (int j = 0; j < 1 + random.nextInt(20); j++) {
        image[random.nextInt(160)] = (byte) random.nextInt(256);
      }
      try {
        inspect(image);
      } catch (ImageRefusedException e) {
        assertTrue(e.code().startsWith("image.disk."), e.code());
      } catch (Exception e) {
        throw new AssertionError("seed 7, round " + i, e);
      }
    }
  }

  private static byte[] qcow2(Consumer<ByteBuffer> change) {
    return qcow2(change, 0);
  }

  private static byte[] qcow2(Consumer<ByteBuffer> change, int moreClusters) {
    byte[] empty = TestDisks.qcow2(1L << 30);
    byte[] image = Arrays.copyOf(empty, empty.length + moreClusters * 65536);
    change.accept(ByteBuffer.wrap(image));
    return image;
  }

  private DiskFacts inspect(byte[] disk) throws Exception {
    return DiskInspector.inspect(TestDisks.write(directory.resolve("disk"), disk));
  }

  private ImageRefusedException refuse(byte[] disk) {
    return assertThrows(ImageRefusedException.class, () -> inspect(disk));
  }
}
