package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What people want of workspaces that are there. */
class WishesTest {
  private static final Lease LONGER = new Lease(Sample.START, Duration.ofHours(6));
  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void stop() {
    site.close();
  }

  private WorkspaceId running() {
    site.node("n1").start();
    return site.await(site.ask("t").id(), State.RUNNING).id();
  }

  private Workspace extend(WorkspaceId id) {
    return site.driver()
        .wish(
            id,
            SavedMove.EXTENDED,
            "/CN=Ada",
            w -> w.lease().equals(LONGER) ? w : w.extended(LONGER, "by Ada", site.clock.instant()))
        .orElseThrow();
  }

  private void awaitNodeKnows(WorkspaceId id, Instant end) {
    site.until(
        () -> site.cluster.leaseEnds("n1", id).equals(Optional.of(end)), "the node to know " + end);
  }

  @Test
  void aLeaseThatIsExtendedMovesAtTheNodeToo() {
    WorkspaceId id = running();
    extend(id);
    awaitNodeKnows(id, LONGER.ends());
    Workspace again = extend(id);
    assertEquals(
        1, again.timeline().stream().filter(m -> m.what().equals("EXTENDED")).count(), "once");
    site.pass(Duration.ofHours(5));
    site.settle();
    assertEquals(State.RUNNING, site.get(id).state());
    site.pass(Duration.ofHours(2));
    assertTrue(site.await(id, State.DESTROYED).reason().contains(LONGER.ends().toString()));
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void aNodeThatIsDeafLearnsOfItLater() {
    WorkspaceId id = running();
    Instant before = site.get(id).lease().ends();
    site.cluster.deafen("n1");
    extend(id);
    site.settle();
    assertEquals(Optional.of(before), site.cluster.leaseEnds("n1", id));
    assertEquals(State.RUNNING, site.get(id).state());
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    awaitNodeKnows(id, LONGER.ends());
  }

  @Test
  void aNodeThatDoesNotTakeTheNewEndKeepsItsGuest() {
    WorkspaceId id = running();
    site.cluster.refuseNextPreparation(
        "n1", Refusal.of(Refusal.Category.CONFLICT, "guest.other-order", "ordered differently"));
    extend(id);
    awaitNodeKnows(id, LONGER.ends());
    assertEquals(State.RUNNING, site.get(id).state());
    assertEquals(Optional.empty(), site.get(id).refusal());
  }
}
