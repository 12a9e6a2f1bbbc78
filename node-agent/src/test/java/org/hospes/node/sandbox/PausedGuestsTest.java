package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests whose processors stand still for a while. */
class PausedGuestsTest {
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

  private UUID prepared() throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(order.id()));
    return order.id();
  }

  private UUID paused() throws Exception {
    UUID id = prepared();
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id));
    node.guests.pause(id);
    assertEquals(GuestPhase.PAUSED, settled(id));
    assertEquals(List.of(GuestState.PAUSED), states());
    return id;
  }

  private GuestPhase settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  private List<GuestState> states() throws Exception {
    return node.machine.list().stream().map(GuestStatus::state).toList();
  }

  @Test
  void aPausedGuestRunsOnWhenItIsStarted() throws Exception {
    UUID id = paused();
    assertEquals(GuestPhase.PAUSED, node.guests.pause(id).phase());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(List.of(GuestState.RUNNING), states());
    assertEquals(
        1, node.hypervisor.calls().stream().filter(c -> c.startsWith("startPaused")).count());
  }

  @Test
  void anAgentThatComesBackLeavesItPaused() throws Exception {
    UUID id = paused();
    node.stop();
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.PAUSED, settled(id));
    assertEquals(List.of(GuestState.PAUSED), states());
  }

  @Test
  void aPausedGuestThatIsGoneHasEnded() throws Exception {
    UUID id = paused();
    node.hypervisor.guestEndsItself(id);
    node.watch.look();
    assertEquals(GuestPhase.ENDED, settled(id));
  }

  @Test
  void onlyWhatRunsIsPaused() throws Exception {
    UUID id = prepared();
    assertEquals(GuestPhase.PREPARED, node.guests.pause(id).phase());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(id));
    node.guests.stop(id, Duration.ofMinutes(1));
    assertEquals(GuestPhase.STOPPED, settled(id));
    assertEquals(GuestPhase.STOPPED, node.guests.pause(id).phase());
  }

  @Test
  void itsLeaseGoesOn() throws Exception {
    UUID id = paused();
    node.clock.jump(Duration.ofHours(1).plusSeconds(6));
    node.watch.look();
    assertEquals(GuestPhase.ABSENT, settled(id));
    assertEquals(List.of(), states());
  }
}
