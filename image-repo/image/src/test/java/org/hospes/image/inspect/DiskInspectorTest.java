package org.hospes.image.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
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
    byte[] image = TestDisks.qcow2(1L << 30);
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
