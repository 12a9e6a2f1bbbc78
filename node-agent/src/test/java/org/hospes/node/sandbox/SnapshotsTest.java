package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.hospes.contract.GuestFiles;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.journal.SnapshotTask.Kind;
import org.hospes.node.network.InMemoryNetwork;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of the disks of guests that are stopped. */
class SnapshotsTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);

  /** What the seed takes here, whatever the guest. */
  private static final int SEED = 67;

  @TempDir Path root;
  private final WatchedDisks disks = new WatchedDisks();
  private int wishes;
  private TestNode node;

  @BeforeEach
  void bring() {
    node = new TestNode(root, new InMemoryHypervisor(), new InMemoryNetwork(), disks);
  }

  @AfterEach
  void takeDown() {
    disks.hold.countDown();
    node.close();
  }

  private UUID stopped(String text) throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    node.guests.prepare(order);
    settled(order.id());
    stoppedAgain(order.id(), text);
    return order.id();
  }

  private void stoppedAgain(UUID id, String text) throws Exception {
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id).phase());
    Files.writeString(disk(id), text);
    Files.writeString(disk(id).resolveSibling("scratch.raw"), text);
    node.guests.stop(id, PATIENT);
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
  }

  private Path disk(UUID id) {
    return root.resolve("guests").resolve(id.toString()).resolve("disk.qcow2");
  }

  private GuestView settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    return node.guests.view(id);
  }

  private SnapshotTask task(Kind kind, String name) {
    return new SnapshotTask("wish " + ++wishes, kind, name);
  }

  private GuestRecord done(UUID id, Kind kind, String name) throws Exception {
    node.snapshots.order(id, task(kind, name));
    GuestView view = settled(id);
    assertEquals(GuestPhase.STOPPED, view.phase());
    return view.record().orElseThrow();
  }

  private void well(UUID id, Kind kind, String name) throws Exception {
    assertEquals(Optional.empty(), done(id, kind, name).snapshots().last().orElseThrow().failure());
  }

  private Failure badly(UUID id, Kind kind, String name) throws Exception {
    return done(id, kind, name).snapshots().last().orElseThrow().failure().orElseThrow();
  }

  private Failure refused(UUID id, Kind kind, String name) {
    return assertThrows(
            GuestFailedException.class, () -> node.snapshots.order(id, task(kind, name)))
        .failure();
  }

  private List<String> names(UUID id) {
    return node.guests.view(id).record().orElseThrow().snapshots().kept().stream()
        .map(Snapshot::name)
        .toList();
  }

  private void holds(UUID id, String text) throws IOException {
    assertEquals(text, Files.readString(disk(id)));
    assertEquals(text, Files.readString(disk(id).resolveSibling("scratch.raw")));
  }

  private void restart() {
    node.stop();
    node.start(JournalWatcher.NONE);
  }

  @Test
  void aGuestIsTakenBackToItsSnapshotAsOftenAsIsWanted() throws Exception {
    UUID id = stopped("one");
    well(id, Kind.TAKE, "a");
    stoppedAgain(id, "two");
    well(id, Kind.TAKE, "b");
    stoppedAgain(id, "three");
    for (String name : List.of("a", "b", "a")) {
      well(id, Kind.ROLL_BACK, name);
      holds(id, name.equals("a") ? "one" : "two");
      stoppedAgain(id, "four");
    }
    assertEquals(List.of("a", "b"), names(id));
    well(id, Kind.DELETE, "a");
    assertEquals(List.of("b"), names(id));
    assertEquals(
        Category.NOT_FOUND, refused(id, Kind.ROLL_BACK, "a").category(), "what is gone is gone");
    holds(id, "four");
    node.guests.remove(id, "test");
    assertEquals(GuestPhase.ABSENT, settled(id).phase());
    assertEquals(List.of(), node.remains(id));
  }

  @Test
  void itIsForRootAloneAndItsSizeAndDigestsAreKnown() throws Exception {
    UUID id = stopped("one");
    well(id, Kind.TAKE, "a");
    restart();
    GuestRecord record = settled(id).record().orElseThrow();
    Snapshot snapshot = record.snapshots().find("a").orElseThrow();
    assertEquals(SEED + 6, snapshot.bytes());
    assertEquals(record.seal().orElseThrow(), snapshot.disks());
    assertEquals(3, snapshot.disks().size());
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(disk(id).resolveSibling("snapshots"))));
  }

  @Test
  void theSameWishIsFulfilledOnce() throws Exception {
    UUID id = stopped("one");
    SnapshotTask take = task(Kind.TAKE, "a");
    node.snapshots.order(id, take);
    settled(id);
    node.snapshots.order(id, take);
    settled(id);
    assertEquals(3, disks.copies.get());
  }

  @Test
  void aNameIsOfOneStateOfTheDisks() throws Exception {
    UUID id = stopped("one");
    well(id, Kind.TAKE, "a");
    well(id, Kind.TAKE, "a");
    assertEquals(3, disks.copies.get(), "it is there already");
    stoppedAgain(id, "two");
    assertEquals("snapshot.exists", refused(id, Kind.TAKE, "a").code());
    well(id, Kind.ROLL_BACK, "a");
    well(id, Kind.TAKE, "a");
    well(id, Kind.DELETE, "never-there");
    assertEquals(List.of("a"), names(id));
  }

  @Test
  void onlyOfGuestsThatAreStopped() throws Exception {
    UUID id = stopped("one");
    node.guests.start(id);
    settled(id);
    for (Kind kind : Kind.values()) {
      Failure failure = refused(id, kind, "a");
      assertEquals(Category.CONFLICT, failure.category());
      assertEquals("guest.not-stopped", failure.code());
    }
    UUID nobody = UUID.randomUUID();
    assertEquals("guest.absent", refused(nobody, Kind.TAKE, "a").code());
    assertThrows(IllegalArgumentException.class, () -> task(Kind.TAKE, "../a"));
    assertThrows(IllegalArgumentException.class, () -> task(Kind.TAKE, ".a"));
  }

  @Test
  void aGuestDoesNotStartWhileItIsCopied() throws Exception {
    UUID id = stopped("one");
    disks.hold = new CountDownLatch(1);
    assertEquals(GuestPhase.COPYING, node.snapshots.order(id, task(Kind.TAKE, "a")).phase());
    assertEquals(GuestPhase.COPYING, node.guests.start(id).phase());
    assertEquals("guest.not-stopped", refused(id, Kind.TAKE, "b").code());
    disks.hold.countDown();
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    assertEquals(List.of("a"), names(id));
  }

  @Test
  void removalDoesNotWaitForACopy() throws Exception {
    UUID id = stopped("one");
    disks.hold = new CountDownLatch(1);
    node.snapshots.order(id, task(Kind.TAKE, "a"));
    node.guests.remove(id, "test");
    assertEquals(GuestPhase.ABSENT, settled(id).phase());
    assertEquals(List.of(), node.remains(id));
  }

  @Test
  void anAgentThatIsStoppedMeanwhileGoesOnAfterwards() throws Exception {
    UUID id = stopped("one");
    disks.hold = new CountDownLatch(1);
    node.snapshots.order(id, task(Kind.TAKE, "a"));
    node.stop();
    disks.hold.countDown();
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    assertEquals(List.of("a"), names(id));
  }

  @Test
  void whatIsKeptIsBounded() throws Exception {
    UUID id = stopped("one");
    for (int i = 0; i < 8; i++) {
      well(id, Kind.TAKE, "s" + i);
    }
    Failure many = refused(id, Kind.TAKE, "more");
    assertEquals("snapshot.too-many", many.code());
    assertEquals("at most 8", many.facts().get("expected"));
    well(id, Kind.DELETE, "s3");
    well(id, Kind.TAKE, "more");
  }

  @Test
  void roomIsAskedForBeforehandAndTheDiskIsLeftAlone() throws Exception {
    UUID id = stopped("one");
    disks.room.set((64L << 20) + 5);
    Failure full = badly(id, Kind.TAKE, "a");
    assertEquals(Category.NO_CAPACITY, full.category());
    assertEquals("disk.no-space", full.code());
    assertEquals(Integer.toString(SEED + 6), full.facts().get("found"));
    assertEquals(0, disks.copies.get());
    disks.room.set((64L << 20) + SEED + 6);
    well(id, Kind.TAKE, "a");
    stoppedAgain(id, "two");
    disks.room.set(64L << 20);
    assertEquals("disk.no-space", badly(id, Kind.ROLL_BACK, "a").code());
    holds(id, "two");
    stoppedAgain(id, "three");
  }

  @Test
  void whatTheNodePromisedIsNotGivenToSnapshots() throws Exception {
    node.limits =
        new NodeLimits(8, 8L << 30, (2 << 20) + SEED + 9, 4, 4L << 30, 1L << 30, 1L << 30, 8);
    restart();
    UUID id = stopped("one");
    well(id, Kind.TAKE, "a");
    Failure full = refused(id, Kind.TAKE, "b");
    assertEquals("node.capacity", full.code());
    assertEquals("at most 3", full.facts().get("expected"));
    well(id, Kind.DELETE, "a");
    well(id, Kind.TAKE, "b");
  }

  @Test
  void noSnapshotOfADiskThatWasAltered() throws Exception {
    UUID id = stopped("one");
    Files.writeString(disk(id), "two");
    Failure failure = badly(id, Kind.TAKE, "a");
    assertEquals("disk.altered", failure.code());
    assertEquals(Category.IMAGE_REFUSED, failure.category());
    assertEquals(disk(id).toString(), failure.facts().get("file"));
    assertEquals(List.of(), names(id));
  }

  @Test
  void aSnapshotThatWasAlteredIsNotUsed() throws Exception {
    UUID id = stopped("one");
    well(id, Kind.TAKE, "a");
    stoppedAgain(id, "two");
    Path copy = disk(id).resolveSibling("snapshots").resolve("a").resolve("scratch.raw");
    Files.writeString(copy, "evil");
    Failure failure = badly(id, Kind.ROLL_BACK, "a");
    assertEquals("snapshot.altered", failure.code());
    assertEquals(copy.toString(), failure.facts().get("file"));
    holds(id, "two");
    Files.delete(copy);
    Files.createSymbolicLink(copy, disk(id));
    assertEquals("snapshot.altered", badly(id, Kind.ROLL_BACK, "a").code());
    Files.delete(copy);
    assertEquals("snapshot.altered", badly(id, Kind.ROLL_BACK, "a").code());
    stoppedAgain(id, "three");
  }

  @Test
  void aSnapshotOnAnotherBaseIsNotUsed() throws Exception {
    UUID id = stopped("one");
    well(id, Kind.TAKE, "a");
    stoppedAgain(id, "two");
    disks.otherBase.set(true);
    assertEquals("disk.backing", badly(id, Kind.ROLL_BACK, "a").code());
    holds(id, "two");
  }

  @Test
  void killedInTheMiddleOfACopyThereIsNothingOfItButTheWish() throws Exception {
    UUID id = stopped("one");
    disks.dieAt.set(2);
    node.snapshots.order(id, task(Kind.TAKE, "a"));
    until(() -> disks.copies.get() == 2);
    restart();
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    assertEquals(List.of("a"), names(id));
    stoppedAgain(id, "two");
    disks.dieAt.set(disks.copies.get() + 2);
    node.snapshots.order(id, task(Kind.ROLL_BACK, "a"));
    until(() -> disks.copies.get() == disks.dieAt.get());
    holds(id, "two");
    restart();
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    holds(id, "one");
    assertEquals(
        4, node.remains(id).stream().filter(Files::isRegularFile).filter(this::isDisk).count());
    stoppedAgain(id, "three");
  }

  @Test
  void oneDiskIsMadeOfWhatIsVerifiedAndKeptUntilTheNextTask() throws Exception {
    UUID id = stopped("one");
    well(id, Kind.FLATTEN, "mine");
    restart();
    GuestRecord record = settled(id).record().orElseThrow();
    Snapshot flat = record.snapshots().flat().orElseThrow();
    assertEquals(3, flat.bytes());
    assertEquals(record.seal().orElseThrow().get(0).sha256(), flat.disks().get(0).sha256());
    Path file = disk(id).resolveSibling("snapshots").resolve(".flat").resolve("disk.qcow2");
    assertEquals("one", Files.readString(file));
    DistinguishedName service = new DistinguishedName("/DC=org/CN=service");
    FlatDiskExport export =
        new FlatDiskExport(node.guests, new GuestFolders(root.resolve("guests")), service);
    assertEquals(
        new ExportedFile(file, 3, flat.disks().get(0).sha256()),
        export.find(id, GuestFiles.FLAT, service).orElseThrow());
    assertEquals(Optional.empty(), export.find(id, "disk.qcow2", service));
    DistinguishedName other = new DistinguishedName("/DC=org/CN=node");
    assertFalse(export.admits(other));
    assertEquals(Optional.empty(), export.find(id, GuestFiles.FLAT, other));
    Files.writeString(disk(id), "two");
    assertEquals("disk.altered", badly(id, Kind.FLATTEN, "mine").code());
    assertFalse(Files.exists(file));
    assertEquals(
        Optional.empty(), settled(id).record().orElseThrow().snapshots().flat(), "of other disks");
  }

  private boolean isDisk(Path file) {
    return file.toString().endsWith(".qcow2") || file.toString().endsWith(".raw");
  }

  @Test
  void killedBetweenTheMovesOfTwoDisksBothAreTheSnapshots() throws Exception {
    UUID id = stopped("one");
    well(id, Kind.TAKE, "a");
    stoppedAgain(id, "two");
    node.stop();
    Killer killer =
        new Killer(
            Optional.of(
                new Killer.Point(
                    Teller.Story.SNAPSHOT_AND_ROLL_BACK, "after", "snapshot.copied-back", 1)));
    node.start(killer);
    settled(id);
    node.snapshots.order(id, task(Kind.ROLL_BACK, "a"));
    assertTrue(killer.dead.await(PATIENT.toSeconds(), TimeUnit.SECONDS));
    node.stop();
    holds(id, "two");
    Files.move(
        disk(id).resolveSibling(".copied-back").resolve("disk.qcow2"),
        disk(id),
        StandardCopyOption.REPLACE_EXISTING);
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    holds(id, "one");
    assertEquals("one".getBytes(UTF_8).length, Files.size(disk(id).resolveSibling("scratch.raw")));
    assertFalse(Files.exists(disk(id).resolveSibling(".copied-back")));
    stoppedAgain(id, "three");
  }

  private void until(BooleanSupplier wanted) throws InterruptedException {
    long end = System.nanoTime() + PATIENT.toNanos();
    while (!wanted.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "it does not come");
      Thread.sleep(10);
    }
  }
}
