package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.hospes.image.DiskFormat;
import org.hospes.image.SignedImage;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestInterface;
import org.hospes.node.hypervisor.GuestMetadata;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalDamagedException;
import org.hospes.node.journal.JournalWatcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the service may expect of a node. */
class GuestsTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);

  @TempDir Path root;

  private TestNode node;
  private SignedImage papers;

  @BeforeEach
  void raise() {
    node = new TestNode(root);
    papers = node.images.publish(1 << 20, 1);
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private GuestView settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    return node.guests.view(id);
  }

  private GuestView until(UUID id, Predicate<GuestView> wanted) throws InterruptedException {
    long end = System.nanoTime() + PATIENT.toNanos();
    while (!wanted.test(node.guests.view(id))) {
      if (System.nanoTime() > end) {
        throw new AssertionError("stands at " + node.guests.view(id));
      }
      Thread.sleep(20);
    }
    return node.guests.view(id);
  }

  private GuestOrder running() throws Exception {
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(order.id()).phase());
    node.guests.start(order.id());
    assertEquals(GuestPhase.RUNNING, settled(order.id()).phase());
    return order;
  }

  private static Failure failure(GuestView view) {
    return view.record().orElseThrow().failure().orElseThrow();
  }

  private void nothingIsLeftBut(UUID id, GuestPhase phase) throws Exception {
    assertEquals(phase, settled(id).phase());
    assertEquals(List.of(), node.hypervisor.list());
    assertEquals(Set.of(), node.network.installed());
  }

  @Test
  void everyBootHasItsOwnLookAtTheImageHoweverSoonItComes() throws Exception {
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(order.id()).phase());
    assertEquals(1, node.images.judged(order.imageDigest()));
    node.guests.start(order.id());
    assertEquals(GuestPhase.RUNNING, settled(order.id()).phase());
    assertEquals(2, node.images.judged(order.imageDigest()));
    // A boot that has to be tried again is another boot.
    GuestOrder late = node.order(papers);
    node.guests.prepare(late);
    assertEquals(GuestPhase.PREPARED, settled(late.id()).phase());
    node.hypervisor.failNextOf(
        "startPaused",
        new HypervisorException(HypervisorException.Kind.UNREACHABLE, "libvirtd is away"));
    node.guests.start(late.id());
    until(late.id(), view -> view.phase() == GuestPhase.RUNNING);
    assertEquals(5, node.images.judged(order.imageDigest()));
  }

  @Test
  void everyCallMayBeRepeated() throws Exception {
    GuestOrder order = running();
    long starts =
        node.hypervisor.calls().stream().filter(call -> call.startsWith("startPaused")).count();
    assertEquals(GuestPhase.RUNNING, node.guests.prepare(order).phase());
    assertEquals(GuestPhase.RUNNING, node.guests.start(order.id()).phase());
    assertEquals(
        starts,
        node.hypervisor.calls().stream().filter(call -> call.startsWith("startPaused")).count());
    node.guests.remove(order.id(), "test");
    nothingIsLeftBut(order.id(), GuestPhase.ABSENT);
    assertEquals(GuestPhase.ABSENT, node.guests.remove(order.id(), "test").phase());
    assertEquals(List.of(), node.remains(order.id()));
  }

  @Test
  void anotherOrderOfTheSameIdIsAConflict() throws Exception {
    GuestOrder order = running();
    GuestOrder other = node.order(order.id(), node.images.publish(1 << 20, 2));
    GuestFailedException refused =
        assertThrows(GuestFailedException.class, () -> node.guests.prepare(other));
    assertEquals(Category.CONFLICT, refused.failure().category());
  }

  @Test
  void whatWasNotPreparedCannotStart() {
    GuestFailedException refused =
        assertThrows(GuestFailedException.class, () -> node.guests.start(UUID.randomUUID()));
    assertEquals(Category.NOT_FOUND, refused.failure().category());
  }

  @Test
  void moreThanTheNodeHasIsRefusedWithTheFigures() throws Exception {
    node.limits = new NodeLimits(2, 1L << 30, 1L << 40, 2, 512L << 20, 1L << 30, 1L << 30, 8);
    node.stop();
    node.start(JournalWatcher.NONE);
    running();
    running();
    GuestFailedException refused =
        assertThrows(GuestFailedException.class, () -> node.guests.prepare(node.order(papers)));
    assertEquals(Category.NO_CAPACITY, refused.failure().category());
    assertEquals("at most 0", refused.failure().facts().get("expected"));
    assertEquals("1", refused.failure().facts().get("found"));
  }

  @Test
  void aRefusedImageLeavesNothingBehind() throws Exception {
    SignedImage bad = node.images.publish(1 << 20, 3, "/DC=org/DC=hospes/CN=Mallory");
    GuestOrder order = node.order(bad);
    node.guests.prepare(order);
    nothingIsLeftBut(order.id(), GuestPhase.FAILED);
    assertEquals(Category.IMAGE_REFUSED, failure(node.guests.view(order.id())).category());
    assertEquals(List.of(), node.cache.contents());
    assertEquals(GuestPhase.FAILED, node.guests.start(order.id()).phase());
    node.guests.remove(order.id(), "test");
    assertEquals(GuestPhase.ABSENT, settled(order.id()).phase());
  }

  @Test
  void tenAtOnceFetchOnce() throws Exception {
    node.limits = new NodeLimits(16, 8L << 30, 1L << 40, 4, 4L << 30, 1L << 30, 1L << 30, 8);
    node.stop();
    node.start(JournalWatcher.NONE);
    node.images.slow(Duration.ofMillis(300));
    ExecutorService crowd = Executors.newFixedThreadPool(10);
    List<Future<GuestOrder>> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(
          crowd.submit(
              () -> {
                GuestOrder order = node.order(papers);
                node.guests.prepare(order);
                node.guests.start(order.id());
                return order;
              }));
    }
    for (Future<GuestOrder> one : all) {
      UUID id = one.get(60, TimeUnit.SECONDS).id();
      until(id, view -> view.phase() == GuestPhase.RUNNING);
    }
    crowd.shutdown();
    assertEquals(1, node.images.fetches(TestImages.digestOf(papers)));
    assertEquals(10, node.hypervisor.list().size());
  }

  @Test
  void aBitFlippedAfterPreparingNeverBoots() throws Exception {
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    Path file = settled(order.id()).record().orElseThrow().base().orElseThrow().file();
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(600_000);
      int was = bytes.read();
      bytes.seek(600_000);
      bytes.write(was ^ 1);
    }
    node.images.alter(true);
    node.guests.start(order.id());
    nothingIsLeftBut(order.id(), GuestPhase.FAILED);
    assertEquals(Category.IMAGE_REFUSED, failure(node.guests.view(order.id())).category());
    assertFalse(Files.exists(file));
    assertFalse(node.hypervisor.calls().stream().anyMatch(call -> call.startsWith("startPaused")));
  }

  @Test
  void rulesThatDoNotReadBackEndTheGuestBeforeItRan() throws Exception {
    node.network.breakRules(true);
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    node.guests.start(order.id());
    nothingIsLeftBut(order.id(), GuestPhase.FAILED);
    assertFalse(node.hypervisor.calls().stream().anyMatch(call -> call.startsWith("resume")));
  }

  @Test
  void aHypervisorThatIsAwayIsWaitedFor() throws Exception {
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    settled(order.id());
    node.hypervisor.failNext(
        new HypervisorException(HypervisorException.Kind.UNREACHABLE, "libvirtd is away"));
    node.guests.start(order.id());
    until(order.id(), view -> view.phase() == GuestPhase.RUNNING);
    assertEquals(1, node.hypervisor.list().size());
  }

  @Test
  void aHypervisorThatRefusesIsBelieved() throws Exception {
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    settled(order.id());
    node.hypervisor.failNext(
        new HypervisorException(
            HypervisorException.Kind.REFUSED, "no", Map.of("libvirt", "27"), null));
    node.guests.start(order.id());
    nothingIsLeftBut(order.id(), GuestPhase.FAILED);
    assertEquals("27", failure(node.guests.view(order.id())).facts().get("libvirt"));
  }

  @Test
  void removingDoesNotWaitForATransfer() throws Exception {
    node.images.slow(Duration.ofSeconds(300));
    GuestOrder order = node.order(papers);
    assertEquals(GuestPhase.PREPARING, node.guests.prepare(order).phase());
    until(order.id(), view -> view.progress().filter(p -> p.phase().equals("staging")).isPresent());
    node.guests.remove(order.id(), "test");
    nothingIsLeftBut(order.id(), GuestPhase.ABSENT);
  }

  @Test
  void theAgentEndsALeaseByItself() throws Exception {
    node.clock.hold();
    GuestOrder order = running();
    node.watch.look();
    assertEquals(GuestPhase.RUNNING, node.guests.view(order.id()).phase());
    node.clock.jump(Duration.ofHours(1).plusSeconds(1));
    node.watch.look();
    assertEquals(GuestPhase.RUNNING, node.guests.view(order.id()).phase(), "grace of 5 s");
    node.clock.jump(Duration.ofSeconds(5));
    node.watch.look();
    nothingIsLeftBut(order.id(), GuestPhase.ABSENT);
  }

  @Test
  void aLeaseThatWasExtendedIsKept() throws Exception {
    GuestOrder order = running();
    node.guests.prepare(order.withLeaseEnds(order.leaseEnds().plus(Duration.ofHours(1))));
    node.clock.jump(Duration.ofHours(1).plusSeconds(30));
    node.watch.look();
    assertEquals(GuestPhase.RUNNING, settled(order.id()).phase());
  }

  @Test
  void aGuestThatEndsIsNotStartedAgain() throws Exception {
    GuestOrder order = running();
    node.hypervisor.guestEndsItself(order.id());
    node.watch.look();
    assertEquals(GuestPhase.ENDED, settled(order.id()).phase());
    assertEquals(GuestPhase.ENDED, node.guests.start(order.id()).phase());
    assertEquals(List.of(), node.hypervisor.list());
    assertFalse(node.remains(order.id()).isEmpty(), "its disk is still here");
  }

  @Test
  void aStoppedAgentLeavesGuestsRunningAndFindsThem() throws Exception {
    GuestOrder order = running();
    node.stop();
    assertEquals(1, node.hypervisor.list().size());
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.RUNNING, settled(order.id()).phase());
    assertEquals(1, node.hypervisor.list().size());
    // Held again: it must not make way for another image.
    node.guests.remove(order.id(), "test");
    nothingIsLeftBut(order.id(), GuestPhase.ABSENT);
  }

  @Test
  void aGuestThatDiedWhileTheAgentWasAwayHasEnded() throws Exception {
    GuestOrder order = running();
    node.stop();
    node.hypervisor.guestEndsItself(order.id());
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.ENDED, settled(order.id()).phase());
  }

  @Test
  void aGuestWhoseRulesAreGoneAfterARestartIsEnded() throws Exception {
    GuestOrder order = running();
    node.stop();
    node.network.breakRules(true);
    node.start(JournalWatcher.NONE);
    nothingIsLeftBut(order.id(), GuestPhase.FAILED);
    assertEquals("network.rules.differ", failure(node.guests.view(order.id())).code());
  }

  @Test
  void theReaperObeysTheServiceItKnows() throws Exception {
    GuestOrder order = running();
    node.reaper.heard("db-1", 10, List.of());
    node.reaper.heard("db-1", 11, List.of(order.id(), UUID.randomUUID()));
    nothingIsLeftBut(order.id(), GuestPhase.ABSENT);
  }

  @Test
  void aServiceThatCameBackOlderReapsNothing() throws Exception {
    GuestOrder order = running();
    node.reaper.heard("db-1", 10, List.of());
    node.reaper.heard("db-1", 9, List.of(order.id()));
    node.reaper.heard("db-1", 12, List.of(order.id()));
    assertEquals(GuestPhase.RUNNING, settled(order.id()).phase());
  }

  @Test
  void aDomainThatNoJournalKnowsIsLeftAloneAndSaidLoudly() throws Exception {
    UUID stranger = UUID.randomUUID();
    domainOf(stranger);
    node.watch.look();
    node.watch.look();
    assertEquals(1, node.hypervisor.list().size());
    assertTrue(node.watch.warnings().toString().contains(stranger.toString()));
  }

  @Test
  void aDomainThatOutlivedItsFailureIsReaped() throws Exception {
    SignedImage bad = node.images.publish(1 << 20, 3, "/DC=org/DC=hospes/CN=Mallory");
    GuestOrder order = node.order(bad);
    node.guests.prepare(order);
    settled(order.id());
    domainOf(order.id());
    node.watch.look();
    nothingIsLeftBut(order.id(), GuestPhase.FAILED);
  }

  /** A domain with Hospes's metadata that this agent did not start. */
  private void domainOf(UUID id) throws Exception {
    Path disk = Files.write(root.resolve("disk-" + id), new byte[512]);
    GuestStatus made =
        node.hypervisor.startPaused(
            new GuestSpec(
                id,
                GuestSpec.nameOf(id),
                1,
                1 << 20,
                OptionalInt.empty(),
                List.of(new GuestDisk(List.of(new DiskLayer(disk, DiskFormat.RAW)), false)),
                new GuestInterface("hospes0", "hg0", "52:54:00:00:00:99"),
                new GuestBoot.OwnLoader(),
                root.resolve("console"),
                new GuestMetadata(id, "/CN=Ada", node.clock.instant(), "db-1")));
    assertEquals(GuestState.PAUSED, made.state());
  }

  @Test
  void theConsoleOfAGuestThatEndedComesToItsEnd() throws Exception {
    GuestConsole consoles =
        new GuestConsole(node.guests, new GuestFolders(root.resolve("guests")), node.hypervisor);
    GuestOrder order = running();
    ConsolePiece first = consoles.read(order.id(), 0, 1024);
    assertTrue(new String(first.bytes(), StandardCharsets.UTF_8).contains("UP"));
    assertFalse(first.ended());
    consoles.open(order.id()).close();
    node.guests.stop(order.id(), Duration.ofMinutes(1));
    settled(order.id());
    assertTrue(consoles.read(order.id(), first.bytes().length, 1024).ended());
    GuestFailedException off =
        assertThrows(GuestFailedException.class, () -> consoles.open(order.id()));
    assertEquals("guest.phase", off.failure().code());
    assertEquals(
        "stopped by the service", node.guests.view(order.id()).record().orElseThrow().reason());
  }

  @Test
  void whatAKilledToolLeftInAFolderIsRemovedToo() throws Exception {
    GuestOrder order = running();
    Path left = root.resolve("guests").resolve(order.id().toString()).resolve(".seed-123");
    Files.createDirectory(left);
    Files.writeString(left.resolve("user-data"), "x");
    node.guests.remove(order.id(), "test");
    nothingIsLeftBut(order.id(), GuestPhase.ABSENT);
    assertEquals(List.of(), node.remains(order.id()));
  }

  @Test
  void aGuestStaysWithinReachAfterTheJournalCouldNotBeWritten() throws Exception {
    AtomicBoolean full = new AtomicBoolean();
    node.stop();
    node.start(
        new JournalWatcher() {
          @Override
          public void before(String write) {
            if (full.get()) {
              throw new JournalDamagedException("no space left on device", null);
            }
          }

          @Override
          public void after(String write) {}
        });
    node.images.slow(Duration.ofMillis(300));
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    full.set(true);
    Thread.sleep(600);
    full.set(false);
    node.guests.remove(order.id(), "there is room again");
    nothingIsLeftBut(order.id(), GuestPhase.ABSENT);
  }

  @Test
  void disksAreBoundedTogether() throws Exception {
    node.limits = new NodeLimits(8, 8L << 30, 5L << 20, 4, 4L << 30, 1L << 30, 2L << 20, 8);
    node.stop();
    node.start(JournalWatcher.NONE);
    running();
    running();
    // Each takes a disk of 1 MiB and a scratch disk of 1 MiB.
    GuestFailedException full =
        assertThrows(GuestFailedException.class, () -> node.guests.prepare(node.order(papers)));
    assertEquals("diskBytes", full.failure().facts().get("what"));
    SignedImage vast = node.images.publish(3 << 20, 9);
    GuestFailedException large =
        assertThrows(GuestFailedException.class, () -> node.guests.prepare(node.order(vast)));
    assertEquals(Category.NO_CAPACITY, large.failure().category());
  }

  @Test
  void rulesThatSomebodyFlushedAreSaidLoudly() {
    List<String> told = new ArrayList<>();
    SandboxWatch sandboxes =
        new SandboxWatch(
            node.network,
            node.restraints(),
            node.guests,
            (event, facts) -> told.add(event),
            new SimpleMeterRegistry());
    sandboxes.look();
    assertEquals(List.of(), told);
    node.network.flushed("the table inet hospes was gone");
    sandboxes.look();
    assertEquals(List.of("sandbox.restored"), told);
    assertEquals(Optional.empty(), sandboxes.warning());
  }
}
