package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.network.Attachment;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What may be asked of guests that change their node, and what is refused. */
class HandOversTest {
  private static final DistinguishedName SOURCE = new DistinguishedName("/DC=org/CN=source.test");
  private static final DistinguishedName TARGET = new DistinguishedName("/DC=org/CN=target.test");

  @TempDir Path root;
  private TestNode source;
  private TestNode target;
  private GuestOrder order;
  private UUID id;

  @BeforeEach
  void bring() throws Exception {
    source = new TestNode(root.resolve("source"));
    target = source.neighbour(root.resolve("target"));
    target.peers.meet(SOURCE, source, TARGET);
    order = source.order(source.images.publish(1 << 20, 1));
    id = order.id();
    GuestView unused = source.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(source));
    unused = source.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(source));
  }

  @AfterEach
  void takeDown() {
    target.close();
    source.close();
  }

  private GuestPhase settled(TestNode node) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  private GuestRecord record(TestNode node) {
    return node.guests.view(id).record().orElseThrow();
  }

  private static Failure refused(Executable call) {
    return assertThrows(GuestFailedException.class, call).failure();
  }

  private HandOver stoppedAndLeft() throws Exception {
    GuestView unused = source.guests.stop(id, Duration.ZERO);
    assertEquals(GuestPhase.STOPPED, settled(source));
    return left("wish");
  }

  private HandOver suspendedAndLeft() throws Exception {
    GuestView unused = source.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled(source));
    return left("wish");
  }

  private HandOver left(String wish) throws Exception {
    GuestView view = source.handOvers.handOver(id, wish, TARGET);
    return view.record().orElseThrow().handedOver().orElseThrow();
  }

  private GuestView receive(String wish, HandOver papers) throws Exception {
    URI address = URI.create("https://source.test:9445/node");
    return target.handOvers.receive(order, new Arrival(wish, address, SOURCE.slash(), papers));
  }

  @Test
  void onlyOneThatIsOffIsLeft() throws Exception {
    Failure running = refused(() -> left("wish"));
    assertEquals("guest.not-stopped", running.code());
    assertEquals(Failure.Category.CONFLICT, running.category());
    assertEquals("RUNNING", running.facts().get("found"));
    assertEquals(
        "guest.absent",
        refused(() -> source.handOvers.handOver(UUID.randomUUID(), "wish", TARGET)).code());
  }

  @Test
  void theSameWishIsAnsweredTheSameAndAnotherIsRefused() throws Exception {
    HandOver papers = stoppedAndLeft();
    assertEquals(papers, left("wish"));
    assertEquals("guest.handed-over", refused(() -> left("wish-2")).code());
    assertEquals(
        "guest.handed-over", refused(() -> source.handOvers.handOver(id, "wish", SOURCE)).code());
    assertEquals(
        List.of("guest.handed-over " + id),
        source.audited().stream().filter(line -> line.contains("handed")).toList());
    source.stop();
    source.start(JournalWatcher.NONE);
    assertEquals(papers, left("wish"));
  }

  @Test
  void nothingIsDoneWithOneThatIsLeft() throws Exception {
    HandOver unusedPapers = stoppedAndLeft();
    assertEquals("guest.handed-over", refused(() -> source.guests.start(id)).code());
    for (SnapshotTask.Kind kind : SnapshotTask.Kind.values()) {
      assertEquals(
          "guest.handed-over",
          refused(() -> source.snapshots.order(id, new SnapshotTask("w", kind, "s"))).code(),
          kind.name());
    }
    assertEquals(GuestPhase.STOPPED, settled(source));
    assertEquals(List.of(), source.machine.list());
    GuestView unused = source.handOvers.takeBack(id, "wish");
    unused = source.handOvers.takeBack(id, "wish");
    unused = source.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(source));
    unused = source.handOvers.takeBack(id, "wish");
    assertEquals(GuestPhase.RUNNING, settled(source));
  }

  @Test
  void itsFilesAreForTheOneHostAndAsLongAsItIsLeft() throws Exception {
    assertFalse(source.handed.admits(TARGET));
    HandOver papers = suspendedAndLeft();
    assertTrue(source.handed.admits(TARGET));
    assertFalse(source.handed.admits(SOURCE));
    for (String name : List.of("overlay", "scratch", "memory", "seed")) {
      assertTrue(papers.file(name).isPresent(), name);
      assertTrue(source.handed.find(id, name, TARGET).isPresent(), name);
      assertEquals(Optional.empty(), source.handed.find(id, name, SOURCE), name);
    }
    for (String name : List.of("disk.qcow2", "console.log", "snapshot/x/overlay", "../overlay")) {
      assertEquals(Optional.empty(), source.handed.find(id, name, TARGET), name);
    }
    GuestView unused = source.handOvers.takeBack(id, "wish");
    assertEquals(Optional.empty(), source.handed.find(id, "overlay", TARGET));
  }

  @Test
  void oneThatCameIsWhatItWasAndIsNotTakenTwice() throws Exception {
    HandOver papers = stoppedAndLeft();
    GuestView unused = receive("wish", papers);
    assertEquals(GuestPhase.STOPPED, settled(target));
    assertEquals(record(source).attachment(), record(target).attachment());
    assertEquals(GuestPhase.STOPPED, receive("wish", papers).phase());
    assertEquals("guest.here", refused(() -> receive("wish-2", papers)).code());
    unused = target.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(target));
    assertEquals(GuestPhase.RUNNING, receive("wish", papers).phase());
    order = order.withLeaseEnds(order.leaseEnds().plusSeconds(60));
    unused = target.guests.prepare(order);
    assertEquals(order.leaseEnds(), record(target).order().leaseEnds());
    assertEquals(GuestPhase.RUNNING, settled(target));
  }

  @Test
  void oneThatWasMadeHereIsNotReceived() throws Exception {
    HandOver papers = stoppedAndLeft();
    GuestView unused = target.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(target));
    Failure here = refused(() -> receive("wish", papers));
    assertEquals("guest.here", here.code());
    assertEquals(Failure.Category.CONFLICT, here.category());
    assertEquals(GuestPhase.PREPARED, settled(target));
  }

  private HandOver on(HandOver papers, String platform, Optional<String> machine) {
    return new HandOver(
        papers.wish(),
        papers.to(),
        papers.suspended(),
        platform,
        machine,
        papers.network(),
        papers.files(),
        papers.snapshots());
  }

  @Test
  void memoryGoesOnWhereTheMachineIsTheSameAlone() throws Exception {
    HandOver papers = suspendedAndLeft();
    Failure other = refused(() -> receive("wish", on(papers, "memory", Optional.of("memory 2"))));
    assertEquals("guest.machine", other.code());
    assertEquals("memory 1", other.facts().get("expected"));
    assertEquals("memory 2", other.facts().get("found"));
    Failure foreign = refused(() -> receive("wish", on(papers, "xen-pv", papers.machine())));
    assertEquals("guest.platform", foreign.code());
    assertEquals(GuestPhase.ABSENT, settled(target));
  }

  @Test
  void memoryIsSealedAsThisNodeMadeIt() throws Exception {
    target.hypervisor.believeSaved();
    HandOver papers = suspendedAndLeft();
    GuestView unused = receive("wish", papers);
    assertEquals(GuestPhase.SUSPENDED, settled(target));
    SealedDisk sealed =
        record(target).seal().orElseThrow().stream()
            .filter(disk -> disk.name().equals(SealedDisk.MEMORY))
            .findFirst()
            .orElseThrow();
    assertNotEquals(papers.file("memory").orElseThrow().sha256(), sealed.sha256());
    unused = target.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(target), "it is compared with that");
    assertTrue(target.hypervisor.usedMemories().get(0).startsWith("memory of " + id + ", save 1 "));
  }

  @Test
  void anAddressThatIsTakenIsKeptFromAMemoryAndChangedForADisk() throws Exception {
    Attachment there = record(source).attachment().orElseThrow();
    Attachment holder = target.network.reserve(UUID.randomUUID(), List.of());
    assertEquals(there.address(), holder.address());
    HandOver papers = suspendedAndLeft();
    GuestView unused = receive("wish", papers);
    assertEquals(GuestPhase.FAILED, settled(target));
    assertEquals("guest.address.taken", record(target).failure().orElseThrow().code());
    unused = target.guests.remove(id, "given up");
    assertEquals(GuestPhase.ABSENT, settled(target));
    unused = source.handOvers.takeBack(id, "wish");
    unused = source.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(source));
    HandOver off = stoppedAndLeft();
    unused = receive("wish", off);
    assertEquals(GuestPhase.STOPPED, settled(target));
    assertFalse(record(target).attachment().orElseThrow().address().equals(there.address()));
  }

  @Test
  void oneThatIsNotWantedAnyMoreWhileItComesGoesAtOnce() throws Exception {
    HandOver papers = stoppedAndLeft();
    CountDownLatch asked = new CountDownLatch(1);
    target.peers.meet(
        SOURCE,
        host ->
            (address, from, to) -> {
              asked.countDown();
              return new Trickle();
            });
    assertEquals(GuestPhase.RECEIVING, receive("wish", papers).phase());
    assertTrue(asked.await(60, TimeUnit.SECONDS));
    assertEquals(GuestPhase.RECEIVING, target.guests.view(id).phase());
    GuestView unused = target.guests.start(id);
    unused = target.guests.suspend(id);
    unused = target.guests.stop(id, Duration.ZERO);
    assertEquals(GuestPhase.RECEIVING, target.guests.view(id).phase());
    unused = target.guests.remove(id, "enough");
    assertEquals(GuestPhase.ABSENT, settled(target));
    assertEquals(List.of(), target.remains(id));
    assertEquals(Set.of(), target.network.installed());
  }

  /** One byte at a time, and no end. */
  private static final class Trickle extends InputStream {
    @Override
    public int read() throws IOException {
      return 1;
    }

    @Override
    public int read(byte[] block, int offset, int length) {
      return 0;
    }
  }

  @Test
  void aNodeThatIsSilentForATimeIsAskedAgainAndNothingIsFetchedTwice() throws Exception {
    HandOver papers = stoppedAndLeft();
    long[] sent = {0};
    int[] times = {0};
    TwinPeers whole = new TwinPeers();
    whole.meet(SOURCE, source, TARGET);
    target.peers.meet(
        SOURCE,
        host ->
            (address, from, to) -> {
              times[0]++;
              long most = times[0] % 2 == 1 ? (to - from) / 2 : to - from;
              sent[0] += most;
              return new java.io.ByteArrayInputStream(
                  whole.at(host).open(address, from, to).readNBytes((int) most));
            });
    GuestView unused = receive("wish", papers);
    assertEquals(GuestPhase.STOPPED, settled(target));
    assertEquals(papers.bytes(), sent[0]);
    assertTrue(times[0] > papers.files().size(), "it broke off");
  }

  @Test
  void aNodeWithoutRoomRefusesBeforeItFetches() throws Exception {
    HandOver papers = stoppedAndLeft();
    target.limits = new NodeLimits(8, 8L << 30, 1 << 20, 4, 4L << 30, 1L << 30, 1L << 30, 8);
    target.stop();
    target.start(JournalWatcher.NONE);
    assertEquals("node.capacity", refused(() -> receive("wish", papers)).code());
    assertEquals(GuestPhase.ABSENT, settled(target));
  }
}
