package org.hospes.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the real qemu-img and genisoimage. */
final class GuestDisksTest {
  private static final UUID ID = UUID.fromString("8d0ea1d0-52c3-4a0c-9d66-5b2a5b4f0a01");

  @TempDir Path folder;

  private final GuestDisks disks = new GuestDisks(DiskTools.usual(), Optional.empty());

  private DiskLayer base() throws IOException {
    Path base = folder.resolve("base.img");
    Files.write(base, new byte[1 << 20]);
    return new DiskLayer(base, DiskFormat.RAW);
  }

  @Test
  void anOverlayNamesItsBaseAndTheBasesFormat() throws Exception {
    DiskLayer base = base();
    Path file = folder.resolve("overlay");
    GuestDisk disk = disks.overlay(file, base, 1 << 20);
    assertEquals(GuestDisk.overlay(file, base), disk);
    assertEquals(
        new OverlayHeader(base.path().toString(), Optional.of("raw"), 1 << 20),
        OverlayHeader.read(file));
  }

  @Test
  void theBaseIsNotEvenOpened() throws Exception {
    Path file = folder.resolve("overlay");
    disks.overlay(file, new DiskLayer(folder.resolve("not there"), DiskFormat.QCOW2), 4096);
    assertEquals(Optional.of("qcow2"), OverlayHeader.read(file).backingFormat());
  }

  @Test
  void anOverlayThatIsThereIsKeptWithWhatTheGuestWrote() throws Exception {
    DiskLayer base = base();
    Path file = folder.resolve("overlay");
    disks.overlay(file, base, 1 << 20);
    Object inode = Files.getAttribute(file, "unix:ino");
    disks.overlay(file, base, 1 << 20);
    assertEquals(inode, Files.getAttribute(file, "unix:ino"));
  }

  @Test
  void anOverlayOfAnotherBaseIsAConflict() throws Exception {
    Path file = folder.resolve("overlay");
    disks.overlay(file, base(), 1 << 20);
    DiskLayer other = new DiskLayer(folder.resolve("other"), DiskFormat.RAW);
    assertConflict(() -> disks.overlay(file, other, 1 << 20));
    assertConflict(() -> disks.overlay(file, base(), 2 << 20));
    DiskLayer guessed = new DiskLayer(base().path(), DiskFormat.QCOW2);
    assertConflict(() -> disks.overlay(file, guessed, 1 << 20));
    Files.writeString(folder.resolve("text"), "not a disk");
    assertConflict(() -> disks.overlay(folder.resolve("text"), base(), 1 << 20));
  }

  @Test
  void anOverlayWithAnythingOfItsOwnIsNotUnused() throws Exception {
    DiskLayer base = base();
    Path file = folder.resolve("overlay");
    disks.overlay(file, base, 1 << 20);
    disks.requireUnused(file, base, 1 << 20);
    assertConflict(() -> disks.requireUnused(file, base, 2 << 20));
    byte[] made = Files.readAllBytes(file);
    long table = ByteBuffer.wrap(made).getLong(40);
    for (long at : new long[] {table, table + 7, 60 + 3, 72 + 7, 36, 40, 44}) {
      byte[] other = made.clone();
      other[(int) at] ^= 4;
      Files.write(file, other);
      assertConflict(() -> disks.requireUnused(file, base, 1 << 20));
    }
    Files.write(file, Arrays.copyOf(made, (int) table + 4));
    assertConflict(() -> disks.requireUnused(file, base, 1 << 20));
    Files.write(file, made);
    disks.requireUnused(file, base, 1 << 20);
  }

  @Test
  void aCopyIsTheSameKeepsItsHolesAndReplacesWhatIsThere() throws Exception {
    Path disk = folder.resolve("scratch");
    disks.scratch(disk, 64 << 20);
    Files.write(disk, new byte[] {1, 2, 3}, StandardOpenOption.WRITE);
    Path copy = folder.resolve("copy");
    Files.writeString(copy, "an older one");
    disks.copy(disk, copy, true, () -> false);
    assertEquals(-1, Files.mismatch(disk, copy));
    assertTrue(disks.taken(disk) < 1 << 20, "of the disk");
    assertTrue(disks.taken(copy) < 1 << 20, "of the copy");
    assertTrue(disks.taken(copy) > 0);
    assertTrue(disks.room(folder) > 0);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)));
  }

  @Test
  void aLinkIsNotFollowedWhenItIsCopied() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "of the host");
    Path link = Files.createSymbolicLink(folder.resolve("link"), secret);
    Path copy = folder.resolve("copy");
    assertThrows(DiskException.class, () -> disks.copy(link, copy, true, () -> false));
    assertFalse(Files.exists(copy));
    assertEquals("of the host", Files.readString(secret));
  }

  @Test
  void aFlatDiskStandsOnNothingAndHoldsBaseAndWrites() throws Exception {
    DiskLayer base = base();
    Files.write(base.path(), new byte[] {1, 2, 3}, StandardOpenOption.WRITE);
    Path overlay = folder.resolve("overlay");
    disks.overlay(overlay, base, 2 << 20);
    run("qemu-io", "-f", "qcow2", "-c", "write -P 0x5a 1M 512", overlay.toString());
    Path flat = folder.resolve("flat");
    long most = new FlatDisks(disks).bytesOfOverlay(overlay);
    new FlatDisks(disks).ofOverlay(overlay, flat, 2 << 20, () -> false);
    assertTrue(
        Files.size(flat) <= most, Files.size(flat) + " bytes, at most " + most + " foretold");
    assertTrue(most < 2 << 20, "holes take nothing: " + most);
    Files.delete(base.path());
    Files.delete(overlay);
    Path raw = folder.resolve("raw");
    run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", flat.toString(), raw.toString());
    byte[] bytes = Files.readAllBytes(raw);
    assertEquals(2 << 20, bytes.length);
    assertEquals(3, bytes[2]);
    assertEquals(0x5a, bytes[1 << 20]);
    assertEquals(0, bytes[(1 << 20) + 512]);
    assertThrows(IOException.class, () -> OverlayHeader.read(flat), "it has no backing file");
  }

  private static void run(String... command) throws Exception {
    assertEquals(
        0,
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor());
  }

  @Test
  void aCopyThatNobodyNeedsIsGivenUp() throws Exception {
    Path slow = Files.writeString(folder.resolve("cp"), "#!/bin/sh\nexec sleep 60\n");
    Files.setPosixFilePermissions(slow, PosixFilePermissions.fromString("rwx------"));
    DiskTools tools =
        new DiskTools(Path.of("/bin/false"), Path.of("/bin/false"), folder, Duration.ofSeconds(50));
    Path copy = folder.resolve("copy");
    DiskException given =
        assertThrows(
            DiskException.class,
            () -> new GuestDisks(tools, Optional.empty()).copy(slow, copy, true, () -> true));
    assertEquals(DiskException.ABANDONED, given.code());
    assertFalse(Files.exists(copy));
  }

  @Test
  void aScratchDiskTakesRoomOnlyAsItIsWritten() throws Exception {
    Path file = folder.resolve("scratch");
    disks.scratch(file, 8L << 30);
    assertEquals(8L << 30, Files.size(file));
    disks.scratch(file, 8L << 30);
    assertConflict(() -> disks.scratch(file, 1L << 30));
  }

  @Test
  void aSeedCarriesExactlyWhatWasGiven() throws Exception {
    Path file = folder.resolve("seed.iso");
    byte[] script = "#!/bin/sh\necho \"$HOME\"\n".getBytes(UTF_8);
    String keys = "# mine\nssh-ed25519 AAAA me@\"home\"\\x\n\nssh-rsa BBBB\n";
    disks.seed(file, new Seed(ID, "sl6", Optional.of(keys), Optional.of(script)));
    byte[] iso = Files.readAllBytes(file);
    // ISO 9660: the volume's name stands in the primary descriptor, sector 16, at byte 40.
    assertEquals("cidata", new String(iso, 16 * 2048 + 40, 32, UTF_8).strip());
    assertTrue(contains(iso, script));
    assertTrue(
        contains(
            iso,
            """
            instance-id: "8d0ea1d0-52c3-4a0c-9d66-5b2a5b4f0a01"
            local-hostname: "sl6"
            public-keys:
              - "ssh-ed25519 AAAA me@\\"home\\"\\\\x"
              - "ssh-rsa BBBB"
            """
                .getBytes(UTF_8)));
    assertEquals("r--------", mode(file));
  }

  /** Whenever it is made: a guest may have looked at it, and go on from its memory. */
  @Test
  void theSameSeedIsTheSameBytesAndAnotherIsReplaced() throws Exception {
    Path file = folder.resolve("seed.iso");
    byte[] big = new byte[70_000];
    Arrays.fill(big, (byte) 'x');
    Seed seed = new Seed(ID, "sl6", Optional.of("ssh-ed25519 AAAA"), Optional.of(big));
    disks.seed(file, seed);
    byte[] first = Files.readAllBytes(file);
    Object inode = Files.getAttribute(file, "unix:ino");
    disks.seed(file, seed);
    assertEquals(inode, Files.getAttribute(file, "unix:ino"), "one that is right is kept");
    long made = System.currentTimeMillis() / 1000;
    while (System.currentTimeMillis() / 1000 < made + 2) {
      Thread.onSpinWait();
    }
    Path later = folder.resolve("later.iso");
    disks.seed(later, seed);
    assertArrayEquals(first, Files.readAllBytes(later));

    disks.seed(file, new Seed(ID, "sl6", Optional.of("ssh-ed25519 BBBB"), Optional.of(big)));
    assertFalse(Arrays.equals(first, Files.readAllBytes(file)));
    Files.delete(file);
    Files.createSymbolicLink(file, later);
    disks.seed(file, seed);
    assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS), "a link is no seed");
    assertEquals("r--------", mode(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count(), "nothing else is left");
    }
  }

  @Test
  void nothingHalfMadeIsLeft() throws Exception {
    DiskTools broken =
        new DiskTools(
            Path.of("/bin/false"),
            Path.of("/bin/false"),
            Path.of("/nowhere"),
            Duration.ofSeconds(60));
    GuestDisks failing = new GuestDisks(broken, Optional.empty());
    DiskException e =
        assertThrows(
            DiskException.class, () -> failing.overlay(folder.resolve("o"), base(), 1 << 20));
    assertEquals(DiskException.FAILED, e.code());
    assertThrows(
        DiskException.class,
        () ->
            failing.seed(
                folder.resolve("s"), new Seed(ID, "a", Optional.empty(), Optional.empty())));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(folder.resolve("base.img")), files.toList());
    }
  }

  @Test
  void disksAreForTheGuestsUserAlone() throws Exception {
    Path file = folder.resolve("overlay");
    disks.overlay(file, base(), 1 << 20);
    assertEquals("rw-------", mode(file));
  }

  @Test
  void hostNamesAreMadeOfWhatAPersonWrote() {
    assertEquals("my-sl6", Seed.hostnameOf(ID, "My SL6!"));
    assertEquals("guest-8d0ea1d0", Seed.hostnameOf(ID, "---"));
    assertFalse(Seed.hostnameOf(ID, "x".repeat(100)).length() > 63);
  }

  private static String mode(Path file) throws IOException {
    return java.nio.file.attribute.PosixFilePermissions.toString(
        Files.getPosixFilePermissions(file));
  }

  private static boolean contains(byte[] all, byte[] part) {
    return new String(all, java.nio.charset.StandardCharsets.ISO_8859_1)
        .contains(new String(part, java.nio.charset.StandardCharsets.ISO_8859_1));
  }

  private static void assertConflict(org.junit.jupiter.api.function.Executable call) {
    assertEquals(DiskException.CONFLICT, assertThrows(DiskException.class, call).code());
  }
}
