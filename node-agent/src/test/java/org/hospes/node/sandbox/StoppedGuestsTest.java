package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.hospes.node.disk.DiskException;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.network.Attachment;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that are told to stop, and run again with what they wrote. */
class StoppedGuestsTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final byte[] WRITTEN = "the guest's own".getBytes(UTF_8);

  @TempDir Path root;
  private final AtomicBoolean otherBase = new AtomicBoolean();
  private TestNode node;

  @BeforeEach
  void bring() {
    node =
        new TestNode(root, new InMemoryHypervisor(), new InMemoryNetwork(), new SuspiciousDisks());
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  /** Disks whose overlay may be found to stand on something else. */
  private final class SuspiciousDisks implements DiskMaker {
    private final DiskMaker plain = new TestNode.PlainDisks();

    @Override
    public GuestDisk overlay(Path file, DiskLayer base, long virtualBytes)
        throws GuestFailedException {
      if (otherBase.get()) {
        throw GuestFailedException.refused(
            Failure.of(Category.SITE, DiskException.CONFLICT, "another disk"));
      }
      return plain.overlay(file, base, virtualBytes);
    }

    @Override
    public GuestDisk scratch(Path file, long bytes) throws GuestFailedException {
      return plain.scratch(file, bytes);
    }

    @Override
    public void seed(Path file, GuestOrder order) throws GuestFailedException {
      plain.seed(file, order);
    }

    @Override
    public void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned)
        throws GuestFailedException {
      plain.copy(from, to, writable, abandoned);
    }

    @Override
    public void flatten(Path overlay, Path to, long virtualBytes, BooleanSupplier abandoned)
        throws GuestFailedException {
      plain.flatten(overlay, to, virtualBytes, abandoned);
    }

    @Override
    public long flatBytes(Path overlay) throws GuestFailedException {
      return plain.flatBytes(overlay);
    }

    @Override
    public boolean rebase(Path overlay, DiskLayer base, long virtualBytes)
        throws GuestFailedException {
      return plain.rebase(overlay, base, virtualBytes);
    }

    @Override
    public void adopt(Path fetched, Path place, boolean writable) throws GuestFailedException {
      plain.adopt(fetched, place, writable);
    }

    @Override
    public long taken(Path file) throws GuestFailedException {
      return plain.taken(file);
    }

    @Override
    public long room(Path folder) throws GuestFailedException {
      return plain.room(folder);
    }
  }

  private UUID running() throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    node.guests.prepare(order);
    settled(order.id());
    node.guests.start(order.id());
    assertEquals(GuestPhase.RUNNING, settled(order.id()).phase());
    Files.write(disk(order.id()), WRITTEN);
    return order.id();
  }

  private UUID stopped() throws Exception {
    UUID id = running();
    node.guests.stop(id, LIMIT);
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    assertEquals(List.of(), node.machine.list());
    return id;
  }

  private Path disk(UUID id) {
    return root.resolve("guests").resolve(id.toString()).resolve("disk.qcow2");
  }

  private GuestView settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    return node.guests.view(id);
  }

  private void until(UUID id, Predicate<GuestView> wanted) throws InterruptedException {
    long end = System.nanoTime() + PATIENT.toNanos();
    while (!wanted.test(node.guests.view(id))) {
      assertTrue(System.nanoTime() < end, () -> "stands at " + node.guests.view(id));
      Thread.sleep(20);
    }
  }

  private long calls(String call) {
    return node.hypervisor.calls().stream().filter(c -> c.startsWith(call)).count();
  }

  private void refused(UUID id, String code) throws Exception {
    node.guests.start(id);
    GuestView view = settled(id);
    assertEquals(GuestPhase.FAILED, view.phase());
    Failure failure = view.record().orElseThrow().failure().orElseThrow();
    assertEquals(code, failure.code());
    assertEquals(Category.IMAGE_REFUSED, failure.category());
    assertEquals(1, calls("startPaused"), "it must not be opened again");
    assertEquals(List.of(), node.machine.list());
  }

  @Test
  void aGuestIsAskedToPowerItselfOffAndRunsAgainWithItsDisk() throws Exception {
    UUID id = stopped();
    assertEquals(1, calls("shutDown"));
    assertArrayEquals(WRITTEN, Files.readAllBytes(disk(id)));
    Optional<Attachment> before = node.guests.view(id).record().orElseThrow().attachment();
    node.clock.jump(Duration.ofMinutes(5));
    node.guests.start(id);
    GuestView again = settled(id);
    assertEquals(GuestPhase.RUNNING, again.phase());
    assertEquals(GuestState.RUNNING, node.machine.list().get(0).state());
    assertEquals(before, again.record().orElseThrow().attachment(), "address and ports are kept");
    assertArrayEquals(WRITTEN, Files.readAllBytes(disk(id)));
    assertEquals(
        3,
        again.record().orElseThrow().moments().stream()
            .filter(moment -> moment.what().equals("verified"))
            .count(),
        "its base is verified when it comes, and before each of its two boots");
    assertEquals(2, calls("openFiles"));
  }

  @Test
  void everyCallMayBeRepeated() throws Exception {
    UUID id = stopped();
    assertEquals(GuestPhase.STOPPED, node.guests.stop(id, LIMIT).phase());
    node.guests.start(id);
    settled(id);
    assertEquals(GuestPhase.RUNNING, node.guests.start(id).phase());
    node.guests.stop(id, LIMIT);
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    node.guests.remove(id, "test");
    assertEquals(GuestPhase.ABSENT, settled(id).phase());
    assertEquals(List.of(), node.remains(id));
  }

  @Test
  void oneThatDoesNotHeedIsEndedWhenItsTimeIsOver() throws Exception {
    UUID id = running();
    node.hypervisor.deafen(true);
    node.clock.hold();
    assertEquals(GuestPhase.STOPPING, node.guests.stop(id, LIMIT).phase());
    until(id, view -> calls("shutDown") == 1);
    Instant force = node.guests.view(id).record().orElseThrow().forceAt().orElseThrow();
    node.guests.stop(id, Duration.ofHours(1));
    assertEquals(
        Optional.of(force),
        node.guests.view(id).record().orElseThrow().forceAt(),
        "asked again, the first time holds");
    node.clock.jump(Duration.ofSeconds(6));
    until(id, view -> calls("shutDown") == 2);
    assertEquals(GuestPhase.STOPPING, node.guests.view(id).phase());
    node.clock.jump(LIMIT);
    until(id, view -> view.phase() == GuestPhase.STOPPED);
    assertEquals(List.of(), node.machine.list());
    assertArrayEquals(WRITTEN, Files.readAllBytes(disk(id)));
  }

  @Test
  void removalDoesNotWaitForAStop() throws Exception {
    UUID id = running();
    node.hypervisor.deafen(true);
    node.clock.hold();
    node.guests.stop(id, Duration.ofHours(1));
    until(id, view -> calls("shutDown") == 1);
    node.guests.remove(id, "test");
    until(id, view -> view.phase() == GuestPhase.ABSENT);
    assertEquals(List.of(), node.machine.list());
  }

  @Test
  void anAgentThatComesBackGoesOnStopping() throws Exception {
    UUID id = running();
    node.hypervisor.deafen(true);
    node.clock.hold();
    node.guests.stop(id, LIMIT);
    until(id, view -> calls("shutDown") == 1);
    node.stop();
    node.hypervisor.deafen(false);
    node.start(JournalWatcher.NONE);
    until(id, view -> view.phase() == GuestPhase.STOPPED);
    node.stop();
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id).phase());
  }

  @Test
  void aDiskThatWasAlteredMeanwhileIsNotStarted() throws Exception {
    UUID id = stopped();
    byte[] other = WRITTEN.clone();
    other[3] ^= 1;
    Files.write(disk(id), other);
    refused(id, "disk.altered");
    Map<String, String> facts =
        node.guests.view(id).record().orElseThrow().failure().orElseThrow().facts();
    assertEquals(disk(id).toString(), facts.get("file"));
    assertFalse(facts.get("expected").equals(facts.get("found")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDiskThatIsGoneOrALinkIsNotStarted(boolean link) throws Exception {
    UUID id = stopped();
    Path copy = Files.move(disk(id), root.resolve("copy"));
    if (link) {
      Files.createSymbolicLink(disk(id), copy);
    }
    refused(id, "disk.altered");
  }

  @Test
  void anOverlayOnAnotherBaseIsNotStarted() throws Exception {
    UUID id = stopped();
    otherBase.set(true);
    refused(id, "disk.backing");
  }

  @Test
  void aScratchDiskIsSealedToo() throws Exception {
    UUID id = stopped();
    Files.write(disk(id).resolveSibling("scratch.raw"), WRITTEN);
    refused(id, "disk.altered");
  }

  /** A domain of somebody else's with its name is one of them. */
  @ParameterizedTest
  @EnumSource(
      value = HypervisorException.Kind.class,
      names = {"NO_CAPACITY", "CONFLICT"})
  void aNodesOwnTroubleDoesNotCostTheDisk(HypervisorException.Kind trouble) throws Exception {
    UUID id = stopped();
    node.hypervisor.failNext(new HypervisorException(trouble, "not now"));
    node.guests.start(id);
    until(id, view -> view.phase() == GuestPhase.RUNNING);
    assertArrayEquals(WRITTEN, Files.readAllBytes(disk(id)));
  }

  @Test
  void oneThatEndedByItselfAMomentBeforeIsKept() throws Exception {
    UUID id = running();
    node.hypervisor.guestEndsItself(id);
    node.watch.look();
    assertEquals(GuestPhase.ENDED, settled(id).phase());
    node.guests.stop(id, LIMIT);
    assertEquals(GuestPhase.STOPPED, settled(id).phase());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id).phase());
  }

  @Test
  void itsLeaseGoesOnAndItsPlaceIsKept() throws Exception {
    node.limits = new NodeLimits(1, 1L << 30, 1L << 40, 2, 512L << 20, 1L << 30, 1L << 30, 8);
    node.stop();
    node.start(JournalWatcher.NONE);
    UUID id = stopped();
    GuestFailedException full =
        org.junit.jupiter.api.Assertions.assertThrows(
            GuestFailedException.class,
            () -> node.guests.prepare(node.order(node.images.publish(1 << 20, 2))));
    assertEquals(Category.NO_CAPACITY, full.failure().category());
    assertEquals(Set.of(id), node.network.installed());
    node.clock.jump(Duration.ofHours(1).plusSeconds(6));
    node.watch.look();
    assertEquals(GuestPhase.ABSENT, settled(id).phase());
    assertEquals(List.of(), node.remains(id));
  }

  @Test
  void whatIsNotPreparedYetIsNotStopped() throws Exception {
    node.images.slow(Duration.ofSeconds(300));
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARING, node.guests.stop(order.id(), LIMIT).phase());
    node.guests.remove(order.id(), "test");
  }
}
