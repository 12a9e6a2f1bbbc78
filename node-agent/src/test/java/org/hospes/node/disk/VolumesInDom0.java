package org.hospes.node.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.DiskLayer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real volumes of a real LVM. Runs where there is a device mapper, by {@code TestsByHand}. */
final class VolumesInDom0 {
  /** Less than a volume has: lengths are rounded up. */
  private static final int IMAGE = (1 << 20) + 512;

  private static final int VOLUME = 4 << 20;

  private static VolumesLab lab;
  private static Path folder;
  private static DiskLayer raw;
  private static DiskLayer qcow2;

  private final UUID id = UUID.randomUUID();

  @BeforeAll
  static void raise() throws Exception {
    folder = Files.createTempDirectory(Path.of("/var/lib/hospes"), "volumes");
    lab = VolumesLab.raise(folder, "hospestest", 40);
    byte[] bytes = new byte[IMAGE];
    new Random(1).nextBytes(bytes);
    Path plain = Files.write(folder.resolve("plain"), bytes);
    raw = new DiskLayer(named(plain), DiskFormat.RAW);
    Path other = folder.resolve("other");
    VolumesLab.run("qemu-img", "convert", "-O", "qcow2", raw.path() + "", other + "");
    qcow2 = new DiskLayer(named(other), DiskFormat.QCOW2);
  }

  private static Path named(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return Files.move(file, folder.resolve(sha256(in)));
    }
  }

  private static String sha256(InputStream in) throws Exception {
    java.security.MessageDigest sha256 = java.security.MessageDigest.getInstance("SHA-256");
    sha256.update(in.readAllBytes());
    return java.util.HexFormat.of().formatHex(sha256.digest());
  }

  @AfterAll
  static void takeDown() throws Exception {
    if (lab != null) {
      lab.close();
    }
    VolumesLab.run("rm", "-rf", folder.toString());
  }

  @BeforeEach
  @AfterEach
  void nothingIsThere() throws Exception {
    volumes(GuestVolumes.Copy.DENSE).removeAll();
    assertEquals(List.of(), lab.group().volumes());
  }

  private static GuestVolumes volumes(GuestVolumes.Copy copy) throws Exception {
    return GuestVolumes.open(
        lab.group(), copy, DiskTools.usual(), folder.resolve("marks"), Clock.systemUTC());
  }

  private Path disk() {
    return lab.group().devices().resolve(VolumeNames.disk(id));
  }

  private static void disk(GuestVolumes volumes, Path device, DiskLayer base) throws Exception {
    volumes.disk(device, base, IMAGE, () -> false);
  }

  private static void write(Path device, long at, byte[] bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
      file.seek(at);
      file.write(bytes);
      file.getFD().sync();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aGuestsVolumeHoldsItsImageAndNothingOfWhoeverWasThereBefore(GuestVolumes.Copy copy)
      throws Exception {
    GuestVolumes volumes = volumes(copy);
    lab.fill((byte) 0x55);
    for (DiskLayer base : List.of(raw, qcow2)) {
      disk(volumes, disk(), base);
      volumes.requireImage(disk(), base, () -> false);
      volumes.requireStanding(disk(), base, IMAGE, () -> false);
      byte[] image = Files.readAllBytes(raw.path());
      byte[] found = Files.readAllBytes(disk());
      assertEquals(VOLUME, found.length);
      assertArrayEquals(image, Arrays.copyOf(found, IMAGE));
      assertArrayEquals(
          new byte[found.length - IMAGE], Arrays.copyOfRange(found, IMAGE, found.length));
      volumes.remove(disk());
    }
    Path scratch = lab.group().devices().resolve(VolumeNames.scratch(id));
    volumes.scratch(scratch, 4 << 20, () -> false);
    assertArrayEquals(new byte[4 << 20], Files.readAllBytes(scratch));
  }

  @ParameterizedTest
  @EnumSource
  void oneThatWasWrittenToIsNotTakenForItsImage(GuestVolumes.Copy copy) throws Exception {
    GuestVolumes volumes = volumes(copy);
    for (DiskLayer base : List.of(raw, qcow2)) {
      disk(volumes, disk(), base);
      byte[] held = Files.readAllBytes(disk());
      for (int at : new int[] {0, IMAGE, held.length - 1}) {
        write(disk(), at, new byte[] {(byte) (held[at] + 1)});
        DiskException told =
            assertThrows(
                DiskException.class, () -> volumes.requireImage(disk(), base, () -> false));
        assertEquals(DiskException.CONFLICT, told.code(), told.getMessage());
        write(disk(), at, new byte[] {held[at]});
        volumes.requireImage(disk(), base, () -> false);
      }
      volumes.remove(disk());
    }
  }

  @Test
  void aBaseThatWasAlteredIsNoBaseAnyMore() throws Exception {
    GuestVolumes volumes = volumes(GuestVolumes.Copy.SNAPSHOT);
    disk(volumes, disk(), raw);
    String base = ImageVolumes.nameOf(raw);
    Path device = lab.group().devices().resolve(base);
    assertThrows(IOException.class, () -> write(device, 0, new byte[512]), "it is read-only");
    VolumesLab.run("lvchange", "--permission", "rw", lab.group().name() + "/" + base);
    write(device, 4096, new byte[512]);
    assertEquals(
        DiskException.CONFLICT,
        assertThrows(
                DiskException.class, () -> volumes.requireStanding(disk(), raw, IMAGE, () -> false))
            .code());
    // What the snapshot shows LVM copied there before it let the write happen.
    volumes.requireImage(disk(), raw, () -> false);
    // It is set aside, and the next guest gets a new one.
    assertFalse(lab.group().find(base).isPresent());
    Path next = lab.group().devices().resolve(VolumeNames.disk(UUID.randomUUID()));
    disk(volumes, next, raw);
    volumes.requireImage(next, raw, () -> false);
  }

  @Test
  void aSnapshotTakesAWriteToEveryByte() throws Exception {
    GuestVolumes volumes = volumes(GuestVolumes.Copy.SNAPSHOT);
    disk(volumes, disk(), raw);
    byte[] bytes = new byte[VOLUME];
    new Random(2).nextBytes(bytes);
    write(disk(), 0, bytes);
    assertFalse(lab.group().find(VolumeNames.disk(id)).orElseThrow().invalid());
    assertArrayEquals(bytes, Files.readAllBytes(disk()));
  }

  @ParameterizedTest
  @EnumSource
  void aGuestIsTakenBackToACopy(GuestVolumes.Copy copy) throws Exception {
    GuestVolumes volumes = volumes(copy);
    disk(volumes, disk(), raw);
    write(disk(), 100_000, "before".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Path kept = folder.resolve("kept-" + copy);
    volumes.drain(disk(), kept, () -> false);
    byte[] before = Files.readAllBytes(disk());
    assertArrayEquals(before, Files.readAllBytes(kept));
    write(disk(), 100_000, "after!".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Path back = lab.group().devices().resolve(VolumeNames.back(VolumeNames.disk(id)));
    volumes.pourLike(disk(), kept, back, () -> false);
    volumes.requireStanding(back, raw, IMAGE, () -> false);
    volumes.replace(back, disk());
    // Killed after it, it is done again.
    volumes.replace(back, disk());
    assertArrayEquals(before, Files.readAllBytes(disk()));
    volumes.requireStanding(disk(), raw, IMAGE, () -> false);
  }

  @Test
  void whatAKilledAgentLeftGoesAndNothingElse() throws Exception {
    GuestVolumes volumes = volumes(GuestVolumes.Copy.SNAPSHOT);
    disk(volumes, disk(), raw);
    UUID forgotten = UUID.randomUUID();
    disk(volumes, lab.group().devices().resolve(VolumeNames.disk(forgotten)), raw);
    String half = VolumeNames.fresh(VolumeNames.scratch(id));
    lab.group().makeDense(half, 4 << 20);
    VolumesLab.run(
        "lvcreate",
        "-y",
        "-Wn",
        "-n",
        VolumeNames.disk(UUID.randomUUID()),
        "-L4m",
        lab.group().name());
    assertEquals(
        Set.of(half, VolumeNames.disk(forgotten)), Set.copyOf(volumes.reconcile(Set.of(id))));
    assertTrue(volumes.there(disk()));
    assertEquals(3, lab.group().volumes().size(), "the guest's, its base, and a stranger's");
    VolumesLab.run("lvremove", "-y", "-S", "lv_tags=\"\"", lab.group().name());
  }

  @Test
  void basesMakeWayAndThoseInUseDoNot() throws Exception {
    GuestVolumes volumes = volumes(GuestVolumes.Copy.SNAPSHOT);
    disk(volumes, disk(), raw);
    Path other = lab.group().devices().resolve(VolumeNames.disk(UUID.randomUUID()));
    disk(volumes, other, qcow2);
    volumes.remove(other);
    assertTrue(lab.group().find(ImageVolumes.nameOf(qcow2)).isPresent());
    long all = volumes.freeBytes();
    Path scratch = lab.group().devices().resolve(VolumeNames.scratch(id));
    DiskException full =
        assertThrows(DiskException.class, () -> volumes.scratch(scratch, all + 1, () -> false));
    assertEquals(DiskException.NO_SPACE, full.code());
    disk(volumes, other, qcow2);
    volumes.remove(other);
    volumes.scratch(scratch, all, () -> false);
    assertFalse(lab.group().find(ImageVolumes.nameOf(qcow2)).isPresent());
    assertTrue(lab.group().find(ImageVolumes.nameOf(raw)).isPresent());
    volumes.requireImage(disk(), raw, () -> false);
  }

  @Test
  void aVolumeWithoutADeviceGetsOne() throws Exception {
    GuestVolumes volumes = volumes(GuestVolumes.Copy.DENSE);
    disk(volumes, disk(), raw);
    VolumesLab.run("lvchange", "-an", lab.group().name() + "/" + VolumeNames.disk(id));
    assertFalse(Files.exists(disk()));
    assertTrue(volumes.there(disk()));
    volumes.requireImage(disk(), raw, () -> false);
  }
}
