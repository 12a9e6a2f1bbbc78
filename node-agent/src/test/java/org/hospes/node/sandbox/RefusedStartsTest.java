package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that ran, and whose image is refused when they are to start again: nothing is lost. */
class RefusedStartsTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final byte[] WRITTEN = "what the guest wrote".getBytes(UTF_8);

  @TempDir Path root;
  private TestNode node;
  private UUID id;

  @BeforeEach
  void raise() throws Exception {
    node = new TestNode(root);
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    id = order.id();
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled().phase());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled().phase());
    for (String disk : List.of("disk.qcow2", "scratch.raw")) {
      Files.write(folder().resolve(disk), WRITTEN);
    }
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private Path folder() {
    return root.resolve("guests").resolve(id.toString());
  }

  private GuestView settled() throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    return node.guests.view(id);
  }

  private GuestView until(Predicate<GuestView> wanted) {
    long end = System.nanoTime() + PATIENT.toNanos();
    GuestView view = node.guests.view(id);
    while (!wanted.test(view)) {
      assertTrue(System.nanoTime() < end, "stands at " + view);
      LockSupport.parkNanos(1_000_000);
      view = node.guests.view(id);
    }
    return view;
  }

  private void stop() throws Exception {
    node.guests.stop(id, Duration.ZERO);
    assertEquals(GuestPhase.STOPPED, settled().phase());
  }

  private static Optional<String> setback(GuestView view) {
    return view.setback().map(Failure::code);
  }

  private void assertNothingLost() throws Exception {
    for (String disk : List.of("disk.qcow2", "scratch.raw")) {
      assertArrayEquals(WRITTEN, Files.readAllBytes(folder().resolve(disk)), disk);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"path.revoked", "path.ca.unknown", "path.proxy"})
  void whatSomebodyDecidedStopsItUntilThatIsPutRight(String problem) throws Exception {
    stop();
    node.snapshots.order(id, new SnapshotTask("wish", SnapshotTask.Kind.TAKE, "before"));
    assertEquals(GuestPhase.STOPPED, settled().phase());
    node.images.withdraw(TestImages.BOB, problem);
    node.guests.start(id);
    GuestView refused = settled();
    assertEquals(GuestPhase.STOPPED, refused.phase());
    assertEquals(Optional.of("image.signer.path"), setback(refused));
    assertEquals(Optional.empty(), refused.record().orElseThrow().failure());
    assertEquals(List.of(), node.machine.list());
    assertNothingLost();

    node.stop();
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.STOPPED, settled().phase());
    assertEquals(Optional.of("image.signer.path"), setback(node.guests.view(id)));
    node.guests.start(id);
    assertEquals(GuestPhase.STOPPED, settled().phase(), "asked again it is refused again");

    node.images.reinstate(TestImages.BOB);
    node.guests.start(id);
    GuestView again = settled();
    assertEquals(GuestPhase.RUNNING, again.phase());
    assertEquals(Optional.empty(), again.setback());
    assertNothingLost();
    assertEquals(
        List.of("before"),
        again.record().orElseThrow().snapshots().kept().stream().map(Snapshot::name).toList());
  }

  @Test
  void aSuspendedOneKeepsItsMemory() throws Exception {
    node.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled().phase());
    byte[] memory = Files.readAllBytes(folder().resolve("memory.save"));
    node.images.withdraw(TestImages.BOB, "path.revoked");
    node.guests.start(id);
    assertEquals(GuestPhase.SUSPENDED, settled().phase());
    assertEquals(Optional.of("image.signer.path"), setback(node.guests.view(id)));
    assertArrayEquals(memory, Files.readAllBytes(folder().resolve("memory.save")));
    assertEquals(List.of(), node.hypervisor.usedMemories());
    node.images.reinstate(TestImages.BOB);
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled().phase());
    assertEquals(1, node.hypervisor.usedMemories().size());
  }

  @Test
  void oneThatRebootsItselfIsOffThen() throws Exception {
    node.images.withdraw(TestImages.BOB, "path.revoked");
    node.hypervisor.guestGoes(id, GuestEnd.REBOOTED);
    node.watch.look();
    GuestView view = settled();
    assertEquals(GuestPhase.STOPPED, view.phase());
    assertEquals(Optional.of("image.signer.path"), setback(view));
    assertNothingLost();
    node.images.reinstate(TestImages.BOB);
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled().phase());
  }

  @ParameterizedTest
  @ValueSource(strings = {"path.crl.expired", "path.expired", "path.other"})
  void whatMayPassIsTriedAgainAtGrowingPausesAndTold(String problem) throws Exception {
    stop();
    node.images.withdraw(TestImages.BOB, problem);
    node.guests.start(id);
    GuestView tried = until(view -> view.setback().isPresent());
    assertEquals(GuestPhase.STARTING, tried.phase());
    assertEquals(Optional.of("image.signer.path"), setback(tried));
    long lines = node.guests.view(id).record().orElseThrow().moments().size();
    assertEquals(GuestPhase.STARTING, node.guests.view(id).phase());
    node.images.reinstate(TestImages.BOB);
    until(view -> view.phase() == GuestPhase.RUNNING);
    GuestView again = settled();
    assertEquals(Optional.empty(), again.setback());
    assertTrue(again.record().orElseThrow().moments().size() > lines);
    assertNothingLost();
  }

  @Test
  void oneThatIsTriedAgainMayBeStoppedAndItsPausesGrow() throws Exception {
    stop();
    node.images.withdraw(TestImages.BOB, "path.crl.expired");
    node.guests.start(id);
    // The third pause is a second: as long as that nothing tells it from one that begins anew.
    until(view -> node.guests.failures(id) >= 3);
    node.guests.stop(id, Duration.ZERO);
    assertEquals(GuestPhase.STOPPED, settled().phase());
    node.images.reinstate(TestImages.BOB);
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled().phase());
    assertNothingLost();
  }

  @Test
  void itsLeaseEndsItAllTheSame() throws Exception {
    stop();
    node.images.withdraw(TestImages.BOB, "path.revoked");
    node.guests.start(id);
    assertEquals(GuestPhase.STOPPED, settled().phase());
    node.clock.jump(Duration.ofHours(1).plusSeconds(6));
    node.watch.look();
    assertEquals(GuestPhase.ABSENT, settled().phase());
    assertEquals(List.of(), node.remains(id));
  }

  @Test
  void oneThatNeverRanHasNothingToLose() throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 2));
    node.guests.prepare(order);
    assertTrue(node.guests.settled(PATIENT));
    node.images.withdraw(TestImages.BOB, "path.revoked");
    node.guests.start(order.id());
    assertTrue(node.guests.settled(PATIENT));
    assertEquals(GuestPhase.FAILED, node.guests.view(order.id()).phase());
  }
}
