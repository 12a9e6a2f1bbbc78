package org.hospes.node.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.DiskLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Overlays that another node made, with the real qemu-img. */
class ForeignOverlayTest {
  private static final int BYTES = 1 << 20;

  @TempDir Path folder;

  private final GuestDisks disks = new GuestDisks(DiskTools.usual(), Optional.empty());

  private DiskLayer layer(String path) {
    return new DiskLayer(folder.resolve(path), DiskFormat.RAW);
  }

  private Path overlay(DiskLayer base) throws DiskException {
    Path file = folder.resolve("overlay");
    assertEquals(file, disks.overlay(file, base, BYTES).layers().get(0).path());
    return file;
  }

  private DiskLayer base(String path) throws Exception {
    DiskLayer base = layer(path);
    Files.createDirectories(base.path().getParent());
    byte[] bytes = new byte[BYTES];
    new Random(1).nextBytes(bytes);
    Files.write(base.path(), bytes);
    return base;
  }

  private String qemuImg(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = "/usr/bin/qemu-img";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), said);
    return said;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"here/image", "a/much/longer/way/to/the/very/same/bytes/image", "x/image"})
  void standsOnThisNodesImageAndKeepsWhatTheGuestWrote(String path) throws Exception {
    Path file = overlay(base("there/image"));
    String unused =
        qemuImg("convert", "-n", "-f", "raw", "-O", "qcow2", written().toString(), file.toString());
    final byte[] before = Files.readAllBytes(file);
    DiskLayer here = base(path);
    assertTrue(ForeignOverlay.rebase(file, here, BYTES));
    assertEquals(
        new OverlayHeader(here.path().toString(), Optional.of("raw"), BYTES),
        OverlayHeader.read(file));
    byte[] after = Files.readAllBytes(file);
    assertArrayEquals(
        Arrays.copyOfRange(before, 65_536, before.length),
        Arrays.copyOfRange(after, 65_536, after.length));
    assertTrue(qemuImg("check", file.toString()).contains("No errors"));
    unused = qemuImg("compare", "-f", "qcow2", "-F", "raw", file.toString(), written().toString());
    assertFalse(ForeignOverlay.rebase(file, here, BYTES), "it stands there already");
  }

  private Path written() throws Exception {
    Path file = folder.resolve("written");
    byte[] bytes = new byte[BYTES];
    new Random(2).nextBytes(bytes);
    return Files.write(file, bytes);
  }

  @Test
  void anImageOfAnotherNameOrLengthIsAConflict() throws Exception {
    Path file = overlay(layer("there/image"));
    assertConflict(file, layer("here/another"), BYTES);
    assertConflict(file, layer("here/image"), 2 * BYTES);
    assertConflict(file, new DiskLayer(folder.resolve("here/image"), DiskFormat.QCOW2), BYTES);
  }

  /** One field of the header, and what no overlay of ours has in it. */
  @ParameterizedTest
  @CsvSource({
    "4, 2", // version
    "20, 12", // cluster bits
    "32, 1", // encryption
    "60, 1", // snapshots
    "76, 4", // data in another file
    "76, 8", // compression
    "72, -2147483648", // a feature that nobody knows
    "100, 2147483647", // header's length
    "100, -8",
    "116, -1", // the first extension's length
    "116, 2147483640",
    "16, 2000000000", // length of the backing file's name
    "16, -1",
  })
  void aHeaderThatIsNotOursIsAConflict(int offset, int value) throws Exception {
    Path file = overlay(layer("there/image"));
    write(file, offset, value);
    assertConflict(file, layer("here/image"), BYTES);
  }

  /** Whoever opens such an image opens what it names. */
  @ParameterizedTest
  @ValueSource(ints = {4, 8, 16})
  void anOverlayOfOursNeedsNothingElseToBeRead(int feature) throws Exception {
    DiskLayer base = base("image");
    Path file = overlay(base);
    write(file, 76, feature);
    DiskException refused =
        assertThrows(DiskException.class, () -> GuestDisks.requireOverlay(file, base, BYTES));
    assertEquals(DiskException.CONFLICT, refused.code());
  }

  /** The end of what is looked at is no end of the list. */
  @Test
  void extensionsUpToTheEndOfTheirClusterAreAConflict() throws Exception {
    Path file = overlay(layer("there/image"));
    byte[] whole = Files.readAllBytes(file);
    int names = indexOf(whole, 0x6803f857);
    write(file, names + 4, 65_536 - names - 16);
    assertConflict(file, layer("here/image"), BYTES);
  }

  @Test
  void anExtensionThatIsNotOursIsAConflict() throws Exception {
    Path file = overlay(layer("there/image"));
    byte[] whole = Files.readAllBytes(file);
    int names = indexOf(whole, 0x6803f857);
    write(file, names, 0x44415441);
    assertConflict(file, layer("here/image"), BYTES);
  }

  private static void write(Path file, long at, int word) throws Exception {
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      raw.seek(at);
      raw.writeInt(word);
    }
  }

  private static int indexOf(byte[] bytes, int word) {
    for (int i = 0; i < 4096; i += 8) {
      if (java.nio.ByteBuffer.wrap(bytes).getInt(i) == word) {
        return i;
      }
    }
    throw new AssertionError("no such word");
  }

  private void assertConflict(Path file, DiskLayer base, long bytes) throws Exception {
    final byte[] before = Files.readAllBytes(file);
    DiskException refused =
        assertThrows(DiskException.class, () -> ForeignOverlay.rebase(file, base, bytes));
    assertEquals(DiskException.CONFLICT, refused.code());
    assertArrayEquals(before, Files.readAllBytes(file), "it is left as it was");
  }

  @Test
  void whatCameIsPutInPlaceInOneMove() throws Exception {
    Path place = Files.write(folder.resolve("disk"), new byte[] {1});
    Path came = Files.write(folder.resolve("came"), new byte[] {2, 3});
    disks.adopt(came, place, true);
    assertArrayEquals(new byte[] {2, 3}, Files.readAllBytes(place));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(place)));
    Files.write(came, new byte[] {4});
    disks.adopt(came, place, false);
    assertEquals("r--------", PosixFilePermissions.toString(Files.getPosixFilePermissions(place)));
    assertTrue(Files.notExists(came));
  }
}
