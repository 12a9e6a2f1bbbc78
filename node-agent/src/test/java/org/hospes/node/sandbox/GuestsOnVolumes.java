package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.disk.VolumeNames;
import org.hospes.node.disk.VolumesLab;
import org.hospes.node.hypervisor.OpenFile;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.libvirt.XenLab;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Guests of a real Xen on real volumes, from their order to their end. Runs in the first domain, by
 * {@code TestsByHand}.
 */
final class GuestsOnVolumes {
  private static final String BRIDGE = "volumes0";
  private static final Duration PATIENT = Duration.ofMinutes(8);

  /** Behind the file system of the guest's disk, which its GRUB reads. */
  private static final long BEHIND = (4 << 20) - 512;

  private static Path folder;
  private static VolumesLab lab;
  private static LibvirtHypervisor hypervisor;
  private static Path disk;

  private GuestVolumes volumes;
  private TestNode node;

  @BeforeAll
  static void raise() throws Exception {
    folder = Files.createTempDirectory(Path.of("/var/lib/hospes"), "volumes");
    lab = VolumesLab.raise(folder, "hospesguests", 64);
    hypervisor = LibvirtHypervisor.open(XenLab.settings(), Clock.systemUTC());
    disk = Files.write(folder.resolve("greeting.raw"), XenLab.disk(folder));
    XenLab.run("ip", "link", "add", BRIDGE, "type", "bridge");
  }

  @AfterAll
  static void takeDown() throws Exception {
    if (hypervisor != null) {
      hypervisor.close();
    }
    XenLab.run("ip", "link", "del", BRIDGE);
    lab.close();
    XenLab.run("rm", "-rf", folder.toString());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    node.close();
    assertEquals(List.of(), hypervisor.list());
    assertEquals(Set.of(), Set.copyOf(volumes.reconcile(Set.of())), "volumes of a guest are left");
    volumes.removeAll();
  }

  private void bring(GuestVolumes.Copy copy) throws Exception {
    volumes =
        GuestVolumes.open(
            lab.group(), copy, DiskTools.usual(), folder.resolve("marks"), Clock.systemUTC());
    node =
        new TestNode(
            Files.createTempDirectory(folder, "node"),
            hypervisor,
            new InMemoryNetwork(BRIDGE),
            new VolumeDisks(volumes, new GuestDisks(DiskTools.usual(), Optional.empty())));
    node.boots(disk);
    node.devices = Optional.of(volumes.devices());
    restart();
  }

  private void restart() {
    node.stop();
    node.start(JournalWatcher.NONE);
  }

  private GuestView settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    return node.guests.view(id);
  }

  private Path device(UUID id) {
    return volumes.devices().resolve(VolumeNames.disk(id));
  }

  private void is(GuestPhase phase, UUID id) throws InterruptedException {
    GuestView view = settled(id);
    assertEquals(phase, view.phase(), view.toString());
  }

  /** As the guest's kernel could have written, past every cache. */
  private void write(UUID id, String text) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(device(id).toFile(), "rw")) {
      file.seek(BEHIND);
      file.write(text.getBytes(UTF_8));
      file.getFD().sync();
    }
  }

  private byte[] there(UUID id, int length) throws Exception {
    byte[] all = Files.readAllBytes(device(id));
    return Arrays.copyOfRange(all, (int) BEHIND, (int) BEHIND + length);
  }

  /** By force: its GRUB hears nothing, and Xen's library waits a minute for whoever is asked. */
  private void stop(UUID id) throws Exception {
    node.guests.stop(id, Duration.ZERO);
    is(GuestPhase.STOPPED, id);
  }

  private void snapshot(UUID id, SnapshotTask.Kind kind) throws Exception {
    node.snapshots.order(id, new SnapshotTask("wish " + kind, kind, "kept"));
    is(GuestPhase.STOPPED, id);
    assertEquals(
        Optional.empty(),
        node.guests.view(id).record().orElseThrow().snapshots().last().orElseThrow().failure());
  }

  @ParameterizedTest
  @EnumSource
  void aGuestsLifeOnAVolume(GuestVolumes.Copy copy) throws Exception {
    bring(copy);
    GuestOrder order = node.order(node.publish("/DC=org/DC=hospes/CN=Bob Builder"));
    UUID id = order.id();
    node.guests.prepare(order);
    settled(id);
    node.guests.start(id);
    is(GuestPhase.RUNNING, id);
    // What the kernel serves is the guest's volumes, and nothing else is served to it.
    Set<String> held = Set.copyOf(hypervisor.openFiles(id).stream().map(OpenFile::path).toList());
    assertEquals(
        Set.of("vbd", "seed.iso"),
        Set.copyOf(
            held.stream().map(path -> path.startsWith("vbd-") ? "vbd" : name(path)).toList()));

    // An agent that was killed finds it again.
    restart();
    is(GuestPhase.RUNNING, id);
    write(id, "before");
    stop(id);
    snapshot(id, SnapshotTask.Kind.TAKE);
    node.guests.start(id);
    is(GuestPhase.RUNNING, id);
    write(id, "after!");
    stop(id);
    snapshot(id, SnapshotTask.Kind.ROLL_BACK);
    assertArrayEquals("before".getBytes(UTF_8), there(id, 6));
    snapshot(id, SnapshotTask.Kind.FLATTEN);

    // Whoever writes to a volume of a guest that is off is found out.
    write(id, "stolen");
    node.guests.start(id);
    is(GuestPhase.FAILED, id);
    assertEquals(
        "disk.altered", node.guests.view(id).record().orElseThrow().failure().orElseThrow().code());
    assertFalse(Files.exists(device(id)), "what failed keeps no volume");
    node.guests.remove(id, "over");
    is(GuestPhase.ABSENT, id);
  }

  private static String name(String path) {
    return Path.of(path).getFileName().toString();
  }
}
