package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests whose memory is on disk for a while. */
class SuspendedGuestsTest {
  @TempDir Path root;
  private TestNode node;

  @BeforeEach
  void bring() {
    node = new TestNode(root);
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private UUID running() throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(order.id()));
    node.guests.start(order.id());
    assertEquals(GuestPhase.RUNNING, settled(order.id()));
    return order.id();
  }

  private UUID suspended() throws Exception {
    UUID id = running();
    node.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled(id));
    return id;
  }

  private GuestPhase settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  private GuestRecord record(UUID id) {
    return node.guests.view(id).record().orElseThrow();
  }

  private Path memory(UUID id) {
    return root.resolve("guests").resolve(id.toString()).resolve("memory.save");
  }

  private Failure refused(UUID id) throws Exception {
    node.guests.start(id);
    assertEquals(GuestPhase.FAILED, settled(id));
    assertEquals(List.of(), node.machine.list());
    return record(id).failure().orElseThrow();
  }

  /** As of a guest that was let go on after a save that an agent did not live to end. */
  @Test
  void aMemoryIsNoneOfAGuestThatWentOnAfterItAndEnded() throws Exception {
    UUID id = running();
    Files.writeString(memory(id), "memory of " + id + ", save 1");
    assertTrue(node.hypervisor.saved(id, memory(id)));
    node.hypervisor.guestEndsUnheard(id);
    node.guests.suspend(id);
    assertEquals(GuestPhase.ENDED, settled(id));
    assertTrue(Files.notExists(memory(id)));
  }

  @Test
  void aDiskWithoutRoomForItsMemoryIsNotFilledWithIt() throws Exception {
    WatchedDisks disks = new WatchedDisks();
    node.close();
    node = new TestNode(root, new InMemoryHypervisor(), new InMemoryNetwork(), disks);
    UUID id = running();
    disks.room.set((64L << 20) + record(id).order().memoryBytes() - 1);
    node.guests.suspend(id);
    assertFalse(node.guests.settled(Duration.ofSeconds(1)), "it is tried again");
    assertEquals(GuestPhase.SUSPENDING, node.guests.view(id).phase());
    assertEquals(1, node.machine.list().size(), "the guest runs on");
    assertEquals(
        List.of(),
        node.hypervisor.calls().stream().filter(call -> call.startsWith("save ")).toList());
    disks.room.incrementAndGet();
    assertEquals(GuestPhase.SUSPENDED, settled(id));
  }

  /** As of an agent that was killed while libvirtd wrote. */
  @Test
  void aSaveThatGoesOnWithoutItsAgentIsWaitedFor() throws Exception {
    UUID id = running();
    node.hypervisor.saveGoesOn(id, memory(id));
    node.guests.suspend(id);
    assertFalse(node.guests.settled(Duration.ofSeconds(1)), "nobody decides before it is over");
    assertTrue(Files.exists(memory(id)), "what is being written is left alone");
    assertEquals(
        List.of(),
        node.hypervisor.calls().stream().filter(call -> call.startsWith("save ")).toList());
    node.hypervisor.saveEnds(id, memory(id));
    assertEquals(GuestPhase.SUSPENDED, settled(id));
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(1, node.hypervisor.usedMemories().size());
  }

  @Test
  void itsMemoryIsUsedOnceAndTheBaseIsVerifiedBefore() throws Exception {
    UUID id = suspended();
    assertEquals(List.of(), node.machine.list());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(1, node.hypervisor.usedMemories().size());
    assertTrue(Files.notExists(memory(id)));
    List<String> moments = record(id).moments().stream().map(GuestRecord.Moment::what).toList();
    List<String> after = moments.subList(moments.indexOf("memory and disk sealed"), moments.size());
    assertTrue(
        after.indexOf("verified") < after.indexOf("domain paused")
            && after.indexOf("sandbox read back") < after.indexOf("started"),
        moments.toString());
    node.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled(id));
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id));
    List<String> used = node.hypervisor.usedMemories();
    assertEquals(List.copyOf(new java.util.LinkedHashSet<>(used)), used, "none was used twice");
  }

  @Test
  void aMemoryThatWasAlteredIsRefusedWithItsFacts() throws Exception {
    UUID id = suspended();
    Files.writeString(memory(id), "memory of " + id + ", as I like it");
    Failure failure = refused(id);
    assertEquals("memory.altered", failure.code());
    assertEquals(Failure.Category.IMAGE_REFUSED, failure.category());
    assertEquals(memory(id).toString(), failure.facts().get("file"));
    assertEquals(List.of(), node.hypervisor.usedMemories());
  }

  @Test
  void aMemoryThatTheHypervisorCouldWriteToIsTriedAgainAndNotUsed() throws Exception {
    UUID id = suspended();
    node.hypervisor.holdMemoryForWriting();
    node.guests.start(id);
    // Once as it was started before it was suspended.
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          while (Collections.frequency(node.hypervisor.calls(), "startPaused " + id) < 3) {
            Thread.onSpinWait();
          }
        });
    assertEquals(List.of(), node.hypervisor.usedMemories());
    assertTrue(record(id).remembers());
  }

  @Test
  void aDiskThatWasAlteredUnderASavedMemoryIsRefused() throws Exception {
    UUID id = suspended();
    Files.writeString(memory(id).resolveSibling("disk.qcow2"), "another disk");
    assertEquals("disk.altered", refused(id).code());
  }

  @Test
  void aGuestThatEndedBeforeItWasSavedHasEnded() throws Exception {
    UUID id = running();
    // What an earlier attempt left is no memory of this guest as it was at its end.
    Files.writeString(memory(id), "cut off");
    node.hypervisor.guestGoes(id, GuestEnd.POWERED_OFF);
    node.guests.suspend(id);
    assertEquals(GuestPhase.ENDED, settled(id));
    node.guests.start(id);
    assertEquals(GuestPhase.ENDED, settled(id));
    assertEquals(List.of(), node.hypervisor.usedMemories());
  }

  @Test
  void aHypervisorThatFailsToSaveIsAskedAgain() throws Exception {
    UUID id = running();
    node.hypervisor.failNext(new HypervisorException(Kind.FAILED, "no space left"));
    node.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled(id));
  }

  @Test
  void whatIsSuspendedOnlyGoesOnOrGoes() throws Exception {
    UUID id = suspended();
    node.guests.pause(id);
    node.guests.stop(id, Duration.ZERO);
    assertEquals(GuestPhase.SUSPENDED, settled(id));
    assertTrue(record(id).remembers());
    node.stop();
    node.start(JournalWatcher.NONE);
    node.watch.look();
    assertEquals(GuestPhase.SUSPENDED, settled(id));
    node.guests.remove(id, "enough");
    assertEquals(GuestPhase.ABSENT, settled(id));
    assertEquals(List.of(), node.remains(id));
  }

  @Test
  void aLeaseThatEndsMeanwhileLeavesNothing() throws Exception {
    UUID id = suspended();
    node.clock.jump(Duration.ofHours(2));
    node.watch.look();
    assertEquals(GuestPhase.ABSENT, settled(id));
    assertFalse(Files.exists(memory(id)));
  }

  @Test
  void aDomainThatCannotBeLetRunAtOnceIsNotGivenUpWithItsMemory() throws Exception {
    UUID id = suspended();
    node.hypervisor.failNextOf(
        "resume", new HypervisorException(Kind.UNREACHABLE, "libvirtd is being restarted"));
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(1, node.hypervisor.usedMemories().size());
  }
}
