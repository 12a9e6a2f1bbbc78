package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.hospes.image.SignedImage;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.OnCrash;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;

/**
 * The service's side of a guest's story: repeats each call until it is answered, and starts the
 * agent again when it was killed.
 */
final class Teller {
  final TestNode node;
  private Killer killer;
  private final Story story;
  private final SignedImage papers;
  final UUID id = UUID.randomUUID();
  GuestOrder order;
  private int wishes;

  Teller(TestNode node, Killer killer, Story story) {
    this.node = node;
    this.killer = killer;
    this.story = story;
    this.papers =
        node.publish(
            story == Story.REFUSED_IMAGE
                ? "/DC=org/DC=hospes/CN=Mallory"
                : "/DC=org/DC=hospes/CN=Bob Builder");
    this.order = node.order(id, papers, story == Story.CRASHES ? OnCrash.RESTART : OnCrash.END);
  }

  void tell() throws Exception {
    if (story == Story.LEAVES) {
      new MovingTeller(this).leaves();
    } else if (story == Story.COMES) {
      new MovingTeller(this).comes();
    } else if (story == Story.REFUSED_IMAGE) {
      until(GuestPhase.FAILED, () -> node.guests.prepare(order));
      assertEquals(
          "image.signer.untrusted",
          node.guests.view(id).record().orElseThrow().failure().orElseThrow().code());
      nothingRuns();
    } else {
      until(GuestPhase.PREPARED, () -> node.guests.prepare(order));
      until(GuestPhase.RUNNING, () -> node.guests.start(id));
      exactlyOneRuns();
    }
    if (story == Story.LEASE_EXTENDED) {
      order = order.withLeaseEnds(order.leaseEnds().plus(Duration.ofHours(1)));
      until(GuestPhase.RUNNING, () -> node.guests.prepare(order));
      assertEquals(
          order.leaseEnds(), node.guests.view(id).record().orElseThrow().order().leaseEnds());
      exactlyOneRuns();
    } else if (story == Story.STOP) {
      stopped();
    } else if (story == Story.STOP_AND_START) {
      stopped();
      until(GuestPhase.RUNNING, () -> node.guests.start(id));
      exactlyOneRuns();
    } else if (story == Story.PAPERS_MOVED) {
      papersMoved();
    } else if (story == Story.REFUSED_AGAIN) {
      stopped();
      startRefused(GuestPhase.STOPPED);
      suspended();
      startRefused(GuestPhase.SUSPENDED);
    } else if (story == Story.PAUSE_AND_RESUME) {
      until(GuestPhase.PAUSED, () -> node.guests.pause(id));
      assertEquals(
          List.of(GuestState.PAUSED),
          node.machine.list().stream().map(GuestStatus::state).toList());
      until(GuestPhase.RUNNING, () -> node.guests.start(id));
      exactlyOneRuns();
    } else if (story == Story.SNAPSHOT_AND_ROLL_BACK) {
      snapshotAndRollBack();
    } else if (story == Story.ALTERED_SNAPSHOT) {
      alteredSnapshot();
    } else if (story == Story.SNAPSHOT_WITH_MEMORY) {
      snapshotWithMemory();
    } else if (story == Story.SUSPEND_AND_RESUME) {
      suspended();
      until(GuestPhase.RUNNING, () -> node.guests.start(id));
      exactlyOneRuns();
      assertTrue(Files.notExists(memory()), "what is spent is gone");
      if (node.hypervisor != null) {
        List<String> used = node.hypervisor.usedMemories();
        assertEquals(1, used.size(), "it went on from its memory, once: " + used);
      }
    } else if (story == Story.REBOOTS_ITSELF || story == Story.CRASHES) {
      comesBack(story == Story.CRASHES ? GuestEnd.CRASHED : GuestEnd.REBOOTED);
    } else if (story == Story.ENDS_BY_ITSELF) {
      node.hypervisor.guestEndsItself(id);
      until(
          GuestPhase.ENDED,
          () -> {
            node.watch.look();
            return node.guests.view(id);
          });
    }
    until(GuestPhase.ABSENT, () -> node.guests.remove(id, "the story is over"));
    nothingRuns();
    assertEquals(List.of(), node.remains(id));
    assertEquals(Set.of(), node.network.installed());
    if (story == Story.REFUSED_IMAGE) {
      assertEquals(List.of(), node.cache.contents());
    } else {
      assertEquals(List.of(TestImages.digestOf(papers)), node.cache.contents());
    }
  }

  private Path memory() {
    return node.root.resolve("guests").resolve(id.toString()).resolve("memory.save");
  }

  void suspended() throws Exception {
    until(GuestPhase.SUSPENDED, () -> node.guests.suspend(id));
    nothingRuns();
    assertTrue(node.guests.view(id).record().orElseThrow().remembers());
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(memory())));
  }

  /** It is seen to go and runs again; if nobody was there to see it, it has ended. */
  private void comesBack(GuestEnd how) throws Exception {
    node.hypervisor.guestGoes(id, how);
    node.watch.look();
    boolean unseen = killer.diedAt("before", "again");
    until(unseen ? GuestPhase.ENDED : GuestPhase.RUNNING, () -> node.guests.view(id));
    if (!unseen) {
      exactlyOneRuns();
      assertEquals(
          how == GuestEnd.CRASHED, node.guests.view(id).record().orElseThrow().crash().isPresent());
    }
  }

  /** Others speak for its image anew, in a start and in an order that is told again. */
  private void papersMoved() throws Exception {
    stopped();
    SignedImage endorsed = papers.withEndorsements(List.of(new byte[] {1}));
    until(GuestPhase.RUNNING, () -> node.guests.start(id, Optional.empty(), Optional.of(endorsed)));
    assertTrue(record().order().image().sameWords(endorsed));
    exactlyOneRuns();
    order = order.withImage(papers.withEndorsements(List.of(new byte[] {2})));
    until(GuestPhase.RUNNING, () -> node.guests.prepare(order));
    assertTrue(record().order().image().sameWords(order.image()));
    exactlyOneRuns();
  }

  /** Its image is refused, until whoever took its signer out lets that be. */
  private void startRefused(GuestPhase rest) throws Exception {
    Optional<List<SealedDisk>> seal = record().seal();
    node.images.withdraw(TestImages.BOB, "path.revoked");
    until(
        rest,
        () -> {
          GuestView now = node.guests.view(id);
          boolean unasked = now.phase() == rest && now.setback().isEmpty();
          return unasked ? node.guests.start(id) : now;
        });
    assertEquals("image.signer.path", record().setback().orElseThrow().code());
    assertEquals(seal, record().seal());
    nothingRuns();
    node.images.reinstate(TestImages.BOB);
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    assertEquals(Optional.empty(), record().setback());
    exactlyOneRuns();
  }

  /** What it wrote is kept, and what is kept is sealed. */
  private void stopped() throws Exception {
    byte[] written = ("by the guest " + id).getBytes(UTF_8);
    Path disk = node.root.resolve("guests").resolve(id.toString()).resolve("disk.qcow2");
    Files.write(disk, written);
    until(GuestPhase.STOPPED, () -> node.guests.stop(id, Duration.ofMinutes(1)));
    nothingRuns();
    assertArrayEquals(written, Files.readAllBytes(disk));
    assertEquals(
        written.length,
        node.guests.view(id).record().orElseThrow().seal().orElseThrow().get(0).bytes());
  }

  private void snapshotAndRollBack() throws Exception {
    stoppedAfterWriting("one");
    ordered(SnapshotTask.Kind.TAKE);
    assertEquals(List.of("before"), snapshots());
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    stoppedAfterWriting("two");
    ordered(SnapshotTask.Kind.ROLL_BACK);
    assertEquals(Optional.empty(), refusal());
    assertWritten("one");
    assertEquals(List.of("before"), snapshots());
    assertEquals(List.of(), leftovers());
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    exactlyOneRuns();
    stoppedAfterWriting("three");
    ordered(SnapshotTask.Kind.FLATTEN);
    assertEquals(Optional.empty(), refusal());
    assertEquals("before", record().snapshots().flat().orElseThrow().name());
    assertEquals(1, leftovers().size(), "the flat disk");
    ordered(SnapshotTask.Kind.DELETE);
    assertEquals(Optional.empty(), record().snapshots().flat());
    assertEquals(List.of(), leftovers());
    assertEquals(List.of(), snapshots());
    assertWritten("three");
    ordered(SnapshotTask.Kind.FLATTEN);
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    assertEquals(Optional.empty(), record().snapshots().flat());
    assertEquals(List.of(), leftovers());
  }

  private void alteredSnapshot() throws Exception {
    stoppedAfterWriting("one");
    ordered(SnapshotTask.Kind.TAKE);
    write(folder().resolve("snapshots").resolve("before").resolve("scratch.raw"), "altered");
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    stoppedAfterWriting("two");
    ordered(SnapshotTask.Kind.ROLL_BACK);
    assertEquals(Optional.of("snapshot.altered"), refusal());
    assertWritten("two");
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    exactlyOneRuns();
  }

  /** Two snapshots, one with memory: each brings the guest back to what it was then. */
  private void snapshotWithMemory() throws Exception {
    suspended();
    ordered(GuestPhase.SUSPENDED, SnapshotTask.Kind.TAKE, "asleep");
    byte[] memory = Files.readAllBytes(memory());
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    stoppedAfterWriting("off");
    ordered(GuestPhase.STOPPED, SnapshotTask.Kind.TAKE, "off");
    ordered(GuestPhase.SUSPENDED, SnapshotTask.Kind.ROLL_BACK, "asleep");
    assertEquals(Optional.empty(), refusal());
    assertTrue(record().remembers());
    assertArrayEquals(memory, Files.readAllBytes(memory()));
    assertEquals(Files.getOwner(folder()), Files.getOwner(memory()), "no guest's user's");
    assertEquals(List.of(), leftovers());
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    exactlyOneRuns();
    assertTrue(Files.notExists(memory()), "what is spent is gone");
    suspended();
    ordered(GuestPhase.STOPPED, SnapshotTask.Kind.ROLL_BACK, "off");
    assertEquals(Optional.empty(), refusal());
    assertTrue(Files.notExists(memory()), "it went with the disks");
    assertWritten("off");
    ordered(GuestPhase.SUSPENDED, SnapshotTask.Kind.ROLL_BACK, "asleep");
    until(GuestPhase.RUNNING, () -> node.guests.start(id));
    exactlyOneRuns();
    assertEquals(List.of("asleep", "off"), snapshots());
    if (node.hypervisor != null) {
      String remembered = new String(memory, UTF_8);
      assertEquals(
          3,
          node.hypervisor.usedMemories().stream().filter(remembered::equals).count(),
          "once by itself, and once for each rollback");
    }
  }

  /** One wish, repeated until the guest is at rest and the wish is known to be over. */
  private void ordered(SnapshotTask.Kind kind) throws Exception {
    ordered(GuestPhase.STOPPED, kind, "before");
  }

  private void ordered(GuestPhase rest, SnapshotTask.Kind kind, String name) throws Exception {
    // A wish is told apart from earlier ones of the same kind.
    SnapshotTask task = new SnapshotTask("wish-" + wishes++, kind, name);
    until(rest, () -> node.snapshots.order(id, task));
    assertEquals(task, record().snapshots().last().orElseThrow().task());
  }

  private void stoppedAfterWriting(String text) throws Exception {
    if (node.hypervisor != null) {
      // Nothing reads it; a real one is QEMU's.
      write(folder().resolve("disk.qcow2"), text);
    }
    write(folder().resolve("scratch.raw"), text);
    until(GuestPhase.STOPPED, () -> node.guests.stop(id, Duration.ZERO));
    nothingRuns();
  }

  private static void write(Path disk, String text) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.write(Arrays.copyOf(text.getBytes(UTF_8), 64));
    }
  }

  private void assertWritten(String text) throws IOException {
    List<String> disks =
        node.hypervisor == null ? List.of("scratch.raw") : List.of("disk.qcow2", "scratch.raw");
    for (String disk : disks) {
      try (InputStream in = Files.newInputStream(folder().resolve(disk))) {
        assertEquals(text, new String(in.readNBytes(64), UTF_8).replace("\0", ""), disk);
      }
    }
  }

  private Path folder() {
    return node.root.resolve("guests").resolve(id.toString());
  }

  private List<Path> leftovers() {
    return node.remains(id).stream()
        .filter(path -> path.startsWith(folder()))
        .filter(path -> path.getFileName().toString().startsWith("."))
        .toList();
  }

  GuestRecord record() {
    return node.guests.view(id).record().orElseThrow();
  }

  private List<String> snapshots() {
    return record().snapshots().kept().stream().map(Snapshot::name).toList();
  }

  private Optional<String> refusal() {
    return record().snapshots().last().orElseThrow().failure().map(Failure::code);
  }

  interface Call {
    GuestView ask() throws GuestFailedException;
  }

  void until(GuestPhase wanted, Call call) throws Exception {
    long end = System.nanoTime() + node.pace.toNanos();
    GuestView last = null;
    do {
      try {
        last = call.ask();
      } catch (Killer.Killed e) {
        // The connection broke; the service will ask again.
      } catch (GuestFailedException e) {
        // After a kill before the order was written the guest is unknown: it is ordered again.
        assertEquals("guest.absent", e.failure().code());
        prepareAgain();
      }
      if (restartIfDead()) {
        // No standstill: many kills may lie between two phases.
        end = System.nanoTime() + node.pace.toNanos();
      }
      if (last != null) {
        last = node.guests.view(id);
        if (last.phase() == wanted && node.guests.settled(Duration.ofSeconds(1))) {
          restartIfDead();
          if (node.guests.view(id).phase() == wanted) {
            return;
          }
        }
      }
      // As a service would, though sooner: asking without a pause takes the processor from the
      // agent.
      LockSupport.parkNanos(1_000_000);
    } while (System.nanoTime() < end);
    throw new AssertionError("wanted " + wanted + ", stands at " + last);
  }

  private void prepareAgain() throws GuestFailedException {
    try {
      node.guests.prepare(order);
    } catch (Killer.Killed e) {
      // Started again by the caller.
    }
  }

  /** Whether it was killed, and lives again. */
  private boolean restartIfDead() throws Exception {
    boolean killed = false;
    while (killer.dead.await(0, TimeUnit.SECONDS) && node.journalIsOf(killer)) {
      killed = true;
      node.stop();
      nobodyElseIsThere();
      Optional<Killer> next = killer.next();
      if (next.isEmpty()) {
        node.start(JournalWatcher.NONE);
        assertTrue(node.guests.settled(node.pace), "recovery does not end");
      } else {
        killer = next.get();
        node.start(killer);
        settledOrKilled();
      }
    }
    return killed;
  }

  private void settledOrKilled() throws InterruptedException {
    long end = System.nanoTime() + node.pace.toNanos();
    while (!killer.dead.await(0, TimeUnit.SECONDS)
        && !node.guests.settled(Duration.ofMillis(200))) {
      assertTrue(System.nanoTime() < end, "recovery does not end");
    }
  }

  /** While no agent lives, there is the guest, or none. */
  private void nobodyElseIsThere() throws Exception {
    List<UUID> there = node.machine.list().stream().map(GuestStatus::id).toList();
    assertTrue(there.isEmpty() || there.equals(List.of(id)), there.toString());
  }

  /** The points at which nobody was killed yet. */
  List<Killer.Point> left() {
    return killer.left();
  }

  void exactlyOneRuns() throws Exception {
    List<GuestStatus> all = node.machine.list();
    assertEquals(1, all.size(), all.toString());
    assertEquals(id, all.get(0).id());
    assertEquals(GuestState.RUNNING, all.get(0).state());
    assertEquals(Set.of(id), node.network.installed());
  }

  void nothingRuns() throws Exception {
    assertEquals(List.of(), node.machine.list());
  }

  /** What happens to a guest. Each step is repeated by the service until it is answered. */
  enum Story {
    RUN_AND_REMOVE,
    STOP,
    STOP_AND_START,
    PAUSE_AND_RESUME,
    SNAPSHOT_AND_ROLL_BACK,
    SNAPSHOT_WITH_MEMORY,
    ALTERED_SNAPSHOT,
    REFUSED_IMAGE,
    ENDS_BY_ITSELF,
    SUSPEND_AND_RESUME,
    REBOOTS_ITSELF,
    CRASHES,
    LEASE_EXTENDED,
    REFUSED_AGAIN,
    PAPERS_MOVED,
    LEAVES,
    COMES
  }
}
