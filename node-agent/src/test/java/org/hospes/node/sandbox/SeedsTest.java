package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandedFile;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.network.InMemoryNetwork;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose key opens a guest is what its order says, whoever wrote on its seed. */
class SeedsTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final String MINE = "ssh-ed25519 MINE mallory";

  @TempDir Path root;
  private TestNode node;
  private UUID id;
  private String ordered;

  @BeforeEach
  void bring() {
    node = new TestNode(root);
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private void prepared() throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    id = order.id();
    GuestView unused = node.guests.prepare(order);
    settled(GuestPhase.PREPARED);
    ordered = Files.readString(seed());
    assertTrue(ordered.contains("AAAA ada"), ordered);
  }

  private void running() throws Exception {
    prepared();
    started();
  }

  private void started() throws Exception {
    GuestView unused = node.guests.start(id);
    settled(GuestPhase.RUNNING);
  }

  /** Off, with its memory or without. */
  private void off(boolean suspended) throws Exception {
    GuestView unused = suspended ? node.guests.suspend(id) : node.guests.stop(id, PATIENT);
    settled(suspended ? GuestPhase.SUSPENDED : GuestPhase.STOPPED);
  }

  private void settled(GuestPhase phase) throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    assertEquals(phase, node.guests.view(id).phase());
  }

  private GuestRecord record() {
    return node.guests.view(id).record().orElseThrow();
  }

  private Path seed() {
    return root.resolve("guests").resolve(id.toString()).resolve("seed.iso");
  }

  private long sealedSeeds() {
    return record().seal().orElseThrow().stream()
        .filter(disk -> disk.name().equals("seed.iso"))
        .count();
  }

  /** As an agent left it that sealed no seed. */
  private void forgetTheSeal() {
    List<SealedDisk> others =
        record().seal().orElseThrow().stream()
            .filter(disk -> !disk.name().equals("seed.iso"))
            .toList();
    GuestRecord unused =
        node.journal.append(id, new JournalEntry.Sealed(node.clock.instant(), others));
    node.stop();
    node.start(JournalWatcher.NONE);
    assertEquals(0, sealedSeeds());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneThatWasAlteredWhileItsGuestWasOffIsRefusedByName(boolean suspended) throws Exception {
    running();
    off(suspended);
    assertEquals(1, sealedSeeds());
    Files.writeString(seed(), ordered.replace("AAAA ada", "MINE mallory"));
    GuestView unused = node.guests.start(id);
    settled(GuestPhase.FAILED);
    Failure failure = record().failure().orElseThrow();
    assertEquals("seed.altered", failure.code());
    assertEquals(Failure.Category.IMAGE_REFUSED, failure.category());
    assertEquals(seed().toString(), failure.facts().get("file"));
    assertNotEquals(failure.facts().get("expected"), failure.facts().get("found"));
    assertEquals(List.of(), node.hypervisor.list());
  }

  @Test
  void oneThatIsGoneIsRefused() throws Exception {
    running();
    off(false);
    Files.delete(seed());
    GuestView unused = node.guests.start(id);
    settled(GuestPhase.FAILED);
    assertEquals("seed.altered", record().failure().orElseThrow().code());
  }

  @Test
  void whatWasWrittenThereBeforeTheFirstStartIsNotWhatTheGuestReads() throws Exception {
    prepared();
    Files.writeString(seed(), MINE);
    started();
    assertEquals(ordered, Files.readString(seed()));
    assertTrue(node.hypervisor.specificationOf(id).disks().get(1).readOnly());
  }

  /** Nobody compares it while its guest runs, and the seal is of what lies there then. */
  @Test
  void whatWasWrittenThereUnderARunningGuestIsGoneAtTheNextStart() throws Exception {
    running();
    Files.writeString(seed(), MINE);
    off(false);
    started();
    assertEquals(ordered, Files.readString(seed()));
  }

  @Test
  void aGuestThatMayWriteThereWritesForItselfAndForThisOnce() throws Exception {
    node.close();
    InMemoryHypervisor pvh = new InMemoryHypervisor();
    pvh.leaveOutReadOnlyDisks();
    node = new TestNode(root.resolve("pvh"), pvh, new InMemoryNetwork(), new TestNode.PlainDisks());
    root = root.resolve("pvh");
    running();
    assertEquals(
        List.of(false, false, false),
        node.hypervisor.specificationOf(id).disks().stream().map(d -> d.readOnly()).toList());
    Files.writeString(seed(), MINE);
    // Its memory knows what it wrote.
    off(true);
    started();
    assertEquals(MINE, Files.readString(seed()));
    off(false);
    started();
    assertEquals(ordered, Files.readString(seed()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whereAnEarlierAgentSealedNoneItIsMadeAnew(boolean suspended) throws Exception {
    running();
    off(suspended);
    forgetTheSeal();
    Files.writeString(seed(), MINE);
    started();
    assertEquals(suspended ? 1 : 0, node.hypervisor.usedMemories().size());
    assertEquals(ordered, Files.readString(seed()));
    off(suspended);
    assertEquals(1, sealedSeeds());
  }

  @Test
  void itGoesToAnotherNodeOnceWhetherItWasSealedOrNot() throws Exception {
    running();
    off(false);
    DistinguishedName there = new DistinguishedName("/CN=other.test");
    GuestView unused = node.handOvers.handOver(id, "one", there);
    assertEquals(1, handedSeeds());
    unused = node.handOvers.takeBack(id, "one");
    forgetTheSeal();
    unused = node.handOvers.handOver(id, "two", there);
    assertEquals(1, handedSeeds());
  }

  private long handedSeeds() {
    return record().handedOver().orElseThrow().files().stream()
        .filter(file -> file.kind() == HandedFile.Kind.SEED)
        .count();
  }

  @Test
  void aSnapshotTakesItAlongAndOneWithoutItIsAsGood() throws Exception {
    running();
    off(true);
    snapshot(SnapshotTask.Kind.TAKE, "new");
    forgetTheSeal();
    snapshot(SnapshotTask.Kind.TAKE, "old");
    Path kept = seed().resolveSibling("snapshots");
    assertEquals(ordered, Files.readString(kept.resolve("new/seed.iso")));
    assertTrue(Files.notExists(kept.resolve("old/seed.iso")));
    for (String name : List.of("new", "old")) {
      snapshot(SnapshotTask.Kind.ROLL_BACK, name);
      started();
      assertEquals(ordered, Files.readString(seed()));
      off(true);
    }
    assertEquals(2, node.hypervisor.usedMemories().size());
    Files.writeString(kept.resolve("new/seed.iso"), MINE);
    snapshot(SnapshotTask.Kind.ROLL_BACK, "new");
    assertEquals(
        "snapshot.altered",
        record().snapshots().last().orElseThrow().failure().orElseThrow().code());
  }

  private void snapshot(SnapshotTask.Kind kind, String name) throws Exception {
    GuestView unused =
        node.snapshots.order(id, new SnapshotTask(UUID.randomUUID().toString(), kind, name));
    settled(GuestPhase.SUSPENDED);
  }
}
