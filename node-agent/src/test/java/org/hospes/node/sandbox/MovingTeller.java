package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.trust.path.DistinguishedName;

/**
 * The stories of guests that change their node: of the two agents the one that a {@link Teller}
 * tells of is killed, at the one end or at the other.
 */
final class MovingTeller {
  private static final DistinguishedName HERE = new DistinguishedName("/DC=org/CN=here.test");
  private static final DistinguishedName THERE = new DistinguishedName("/DC=org/CN=there.test");
  private static final Duration PATIENT = Duration.ofSeconds(60);

  private final Teller teller;
  private final TestNode node;

  MovingTeller(Teller teller) {
    this.teller = teller;
    this.node = teller.node;
  }

  /** It is left to another node, taken back, left once more, and goes on there. */
  void leaves() throws Exception {
    try (TestNode other = neighbour()) {
      teller.until(GuestPhase.PREPARED, () -> node.guests.prepare(teller.order));
      teller.until(GuestPhase.RUNNING, () -> node.guests.start(teller.id));
      teller.suspended();
      handOver("wish-1");
      GuestFailedException refused =
          assertThrows(GuestFailedException.class, () -> node.guests.start(teller.id));
      assertEquals("guest.handed-over", refused.failure().code());
      teller.nothingRuns();
      teller.until(GuestPhase.SUSPENDED, () -> node.handOvers.takeBack(teller.id, "wish-1"));
      assertEquals(Optional.empty(), teller.record().handedOver());
      teller.until(GuestPhase.RUNNING, () -> node.guests.start(teller.id));
      teller.exactlyOneRuns();
      teller.suspended();
      handOver("wish-2");
      List<SealedDisk> left = teller.record().seal().orElseThrow();
      GuestView unused = other.handOvers.receive(teller.order, arrival(node, "wish-2", HERE));
      assertEquals(GuestPhase.SUSPENDED, settled(other));
      teller.until(GuestPhase.ABSENT, () -> node.guests.remove(teller.id, "it is elsewhere"));
      assertEquals(names(left), names(record(other).seal().orElseThrow()));
      unused = other.guests.start(teller.id);
      assertEquals(GuestPhase.RUNNING, settled(other));
      assertEquals(List.of(teller.id), other.machine.list().stream().map(GuestStatus::id).toList());
      unused = other.guests.remove(teller.id, "the story is over");
      assertEquals(GuestPhase.ABSENT, settled(other));
    }
  }

  /** It comes from another node with its memory and a snapshot, and goes on here. */
  void comes() throws Exception {
    try (TestNode other = neighbour()) {
      GuestView unused = other.guests.prepare(teller.order);
      assertEquals(GuestPhase.PREPARED, settled(other));
      unused = other.guests.start(teller.id);
      assertEquals(GuestPhase.RUNNING, settled(other));
      unused = other.guests.stop(teller.id, Duration.ZERO);
      assertEquals(GuestPhase.STOPPED, settled(other));
      unused =
          other.snapshots.order(teller.id, new SnapshotTask("s", SnapshotTask.Kind.TAKE, "before"));
      assertEquals(GuestPhase.STOPPED, settled(other));
      unused = other.guests.start(teller.id);
      assertEquals(GuestPhase.RUNNING, settled(other));
      copyAhead(other);
      write(folder(other).resolve("scratch.raw"), "there");
      unused = other.guests.suspend(teller.id);
      assertEquals(GuestPhase.SUSPENDED, settled(other));
      unused = other.handOvers.handOver(teller.id, "wish", HERE);
      Arrival arrival = arrival(other, "wish", THERE);
      teller.until(GuestPhase.SUSPENDED, () -> node.handOvers.receive(teller.order, arrival));
      teller.nothingRuns();
      assertEquals(List.of(), leftovers());
      assertEquals(
          List.of(),
          node.remains(teller.id).stream().filter(p -> p.toString().contains(".ahead")).toList());
      assertSame(other);
      unused = other.guests.remove(teller.id, "it is elsewhere");
      assertEquals(GuestPhase.ABSENT, settled(other));
      teller.until(GuestPhase.RUNNING, () -> node.guests.start(teller.id));
      teller.exactlyOneRuns();
      if (node.hypervisor != null) {
        assertEquals(1, node.hypervisor.usedMemories().size());
      }
      assertEquals(Set.of(teller.id), node.network.installed());
    }
  }

  private void assertSame(TestNode other) throws Exception {
    assertEquals(
        record(other).attachment().orElseThrow().address(),
        teller.record().attachment().orElseThrow().address());
    assertEquals(List.of("before"), snapshots(teller.record().snapshots().kept()));
    List<String> same = new ArrayList<>(List.of("scratch.raw", "memory.save", "seed.iso"));
    same.add("snapshots/before/scratch.raw");
    if (node.hypervisor != null) {
      // A real overlay names the base of its node.
      same.addAll(List.of("disk.qcow2", "snapshots/before/disk.qcow2"));
    }
    for (String file : same) {
      assertArrayEquals(
          Files.readAllBytes(folder(other).resolve(file)),
          Files.readAllBytes(folder(node).resolve(file)),
          file);
    }
  }

  /** What is copied while the guest still writes counts nothing, wherever the agent is killed. */
  private void copyAhead(TestNode from) throws Exception {
    write(folder(from).resolve("scratch.raw"), "here yet");
    GuestView unused = from.handOvers.offer(teller.id, "wish", HERE);
    long end = System.nanoTime() + PATIENT.toNanos();
    URI source = URI.create("https://node.test:8443/node");
    while (!node.handOvers.expect(teller.order, "wish", source, THERE).copied()) {
      assertTrue(System.nanoTime() < end, "its disks are not copied");
      Thread.onSpinWait();
    }
  }

  private void handOver(String wish) throws Exception {
    teller.until(GuestPhase.SUSPENDED, () -> node.handOvers.handOver(teller.id, wish, THERE));
    assertEquals(wish, teller.record().handedOver().map(HandOver::wish).orElse("none"));
  }

  private TestNode neighbour() {
    TestNode other = node.neighbour(node.root.resolve("other"));
    node.peers.meet(THERE, other, HERE);
    other.peers.meet(HERE, node, THERE);
    return other;
  }

  private Arrival arrival(TestNode from, String wish, DistinguishedName name) {
    return new Arrival(
        wish,
        URI.create("https://node.test:8443/node"),
        name.slash(),
        record(from).handedOver().orElseThrow());
  }

  private GuestPhase settled(TestNode other) throws InterruptedException {
    assertTrue(other.guests.settled(PATIENT), "it goes on for ever");
    return other.guests.view(teller.id).phase();
  }

  private org.hospes.node.journal.GuestRecord record(TestNode of) {
    return of.guests.view(teller.id).record().orElseThrow();
  }

  private Path folder(TestNode of) {
    return of.root.resolve("guests").resolve(teller.id.toString());
  }

  private List<Path> leftovers() {
    return node.remains(teller.id).stream()
        .filter(path -> path.startsWith(folder(node)))
        .filter(path -> path.getFileName().toString().startsWith("."))
        .toList();
  }

  private static List<String> names(List<SealedDisk> disks) {
    return disks.stream().map(SealedDisk::name).sorted().toList();
  }

  private static List<String> snapshots(List<Snapshot> kept) {
    return kept.stream().map(Snapshot::name).toList();
  }

  private static void write(Path disk, String text) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.write(text.getBytes(UTF_8));
    }
  }
}
