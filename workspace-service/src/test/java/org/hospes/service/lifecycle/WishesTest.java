package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Resources;
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

  private WorkspaceId stopped() {
    WorkspaceId id = running();
    site.wishes().stop(id, Duration.ofSeconds(90), "/CN=Ada");
    site.await(id, State.STOPPED);
    return id;
  }

  static String refusal(Runnable wish) {
    return assertThrows(RefusedException.class, wish::run).refusal().code();
  }

  @Test
  void aStoppedWorkspaceKeepsItsPlaceAndRunsAgain() {
    site.node("n1", new Resources(1, 1L << 30, 100L << 30)).start();
    WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
    site.wishes().stop(id, Duration.ofSeconds(90), "/CN=Ada");
    Workspace off = site.await(id, State.STOPPED);
    assertEquals(Optional.of("n1"), off.node());
    assertTrue(site.cluster.calls().contains("n1 stop 90"), site.cluster.calls().toString());
    WorkspaceId waiting = site.ask("waits for room").id();
    site.settle();
    assertEquals(State.REQUESTED, site.get(waiting).state());
    site.wishes().start(id, "/CN=Ada");
    site.await(id, State.RUNNING);
    assertEquals(2, site.cluster.boots(id));
    assertEquals(State.REQUESTED, site.get(waiting).state());
    site.driver().destroy(id, "/CN=Ada");
    site.await(waiting, State.RUNNING);
  }

  @Test
  void aWishIsRepeatableAndRefusedInAnotherState() {
    WorkspaceId id = stopped();
    long version = site.get(id).version();
    site.wishes().stop(id, Duration.ofSeconds(5), "/CN=Ada");
    assertEquals(version, site.get(id).version());
    site.wishes().start(id, "/CN=Ada");
    site.await(id, State.RUNNING);
    site.wishes().start(id, "/CN=Ada");
    assertEquals(
        "request.invalid", refusal(() -> site.wishes().stop(id, Duration.ofHours(2), "/CN=Ada")));
    assertEquals(Optional.empty(), site.wishes().start(Sample.id(), "/CN=Ada"));
  }

  @Test
  void oneWishAtATimeAndDestroyWins() {
    WorkspaceId id = running();
    site.cluster.slowToStop("n1");
    site.wishes().stop(id, Duration.ofSeconds(90), "/CN=Ada");
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.STOPPING, "it to be stopping");
    assertEquals("workspace.state", refusal(() -> site.wishes().start(id, "/CN=Ada")));
    site.driver().destroy(id, "/CN=Ada");
    site.await(id, State.DESTROYED);
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void aRebootIsOneStopAndOneStart() {
    WorkspaceId id = running();
    site.wishes().reboot(id, Duration.ofSeconds(45), "/CN=Ada");
    site.until(() -> site.cluster.boots(id) == 2, "it to boot again");
    Workspace up = site.await(id, w -> w.state() == State.RUNNING, "running");
    assertEquals(Goal.RUN, up.goal());
    assertTrue(site.cluster.calls().contains("n1 stop 45"), site.cluster.calls().toString());
    assertTrue(up.timeline().stream().map(Moment::what).toList().contains("STOPPED"));
    site.settle();
    assertEquals(2, site.cluster.boots(id));
  }

  @Test
  void aRebootUnderWayIsAskedOnceAndNothingElseIsAskedMeanwhile() {
    WorkspaceId id = running();
    site.cluster.slowToStop("n1");
    site.wishes().reboot(id, Duration.ofSeconds(90), "/CN=Ada");
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.STOPPING, "it to be stopping");
    long version = site.get(id).version();
    site.wishes().reboot(id, Duration.ofSeconds(5), "/CN=Ada");
    assertEquals(version, site.get(id).version());
    assertEquals("workspace.busy", refusal(() -> site.wishes().pause(id, "/CN=Ada")));
    site.driver().destroy(id, "/CN=Ada");
    site.await(id, State.DESTROYED);
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void aRebootOnANodeThatWentSilentIsFinishedWhenItIsHeard() {
    WorkspaceId id = running();
    site.cluster.slowToStop("n1");
    site.wishes().reboot(id, Duration.ofSeconds(90), "/CN=Ada");
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.STOPPING, "it to be stopping");
    site.cluster.cutOff("n1");
    site.pass(Duration.ofMinutes(1));
    site.await(id, State.UNKNOWN);
    site.cluster.set("n1", id, GuestPhase.STOPPED);
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.await(id, w -> w.state() == State.RUNNING && w.goal() == Goal.RUN, "running");
    assertEquals(2, site.cluster.boots(id));
  }

  @Test
  void aNodeThatCannotIsNotAsked() {
    site.node("n1");
    site.cluster.capabilities("n1", Set.of());
    site.forgetNodes();
    site.cluster.beat();
    site.start();
    WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
    assertEquals(
        "node.incapable", refusal(() -> site.wishes().stop(id, Duration.ofSeconds(1), "/CN=Ada")));
    assertEquals(Goal.RUN, site.get(id).goal());
    assertTrue(site.cluster.calls().stream().noneMatch(c -> c.contains("stop")));
  }

  @Test
  void aNodeThatWasNotHeardYetIsNotAsked() {
    WorkspaceId id = running();
    site.forgetNodes("n1");
    site.start();
    assertEquals(
        "node.silent", refusal(() -> site.wishes().stop(id, Duration.ofSeconds(1), "/CN=Ada")));
  }

  @Test
  void theLeaseOfAStoppedWorkspaceGoesOnAndItsEndDestroys() {
    WorkspaceId id = stopped();
    extend(id);
    awaitNodeKnows(id, LONGER.ends());
    site.pass(Duration.ofHours(5));
    site.settle();
    assertEquals(State.STOPPED, site.get(id).state());
    site.pass(Duration.ofHours(2));
    site.await(id, State.DESTROYED);
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void aStoppedWorkspaceOnASilentNodeIsFoundAgain() {
    WorkspaceId id = stopped();
    site.cluster.cutOff("n1");
    site.pass(Duration.ofMinutes(1));
    site.await(id, State.UNKNOWN);
    assertEquals("node.silent", refusal(() -> site.wishes().start(id, "/CN=Ada")));
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.await(id, State.STOPPED);
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void aWishIsFulfilledByANodeThatWentSilentMeanwhile() {
    WorkspaceId id = running();
    site.cluster.deafen("n1");
    site.wishes().stop(id, Duration.ofSeconds(90), "/CN=Ada");
    site.cluster.cutOff("n1");
    site.pass(Duration.ofMinutes(1));
    site.await(id, State.UNKNOWN);
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.await(id, State.STOPPED);
  }

  @Test
  void aDiskThatTheNodeRefusesFailsTheWorkspaceWithItsFacts() {
    WorkspaceId id = stopped();
    Refusal altered =
        Refusal.of(Refusal.Category.IMAGE_REFUSED, "disk.altered", "other bytes")
            .fact("file", "disk.qcow2");
    site.cluster.failNextStart("n1", altered);
    site.wishes().start(id, "/CN=Ada");
    Workspace failed = site.await(id, State.FAILED);
    assertEquals(Optional.of(altered), failed.refusal());
    assertEquals(Set.of(), site.cluster.guests("n1"));
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void itsNodesOwnTroubleIsWaitedOut() {
    WorkspaceId id = running();
    for (Refusal.Category own :
        List.of(Refusal.Category.SITE, Refusal.Category.TIMED_OUT, Refusal.Category.NO_CAPACITY)) {
      for (int i = 0; i < 2 * site.times.attempts(); i++) {
        site.cluster.refuseNextSuspension("n1", Refusal.of(own, "node.journal", "no space left"));
      }
    }
    site.wishes().suspend(id, "/CN=Ada");
    Workspace rests =
        site.await(id, w -> w.ended() || w.state() == State.SUSPENDED, "it to be suspended");
    assertEquals(State.SUSPENDED, rests.state());
    assertEquals(Optional.empty(), rests.refusal());
    assertEquals(Set.of(id), site.cluster.guests("n1"));
  }

  @Test
  void whileItsNodeIsInTroubleTheEndOfTheLeaseWins() {
    WorkspaceId id = running();
    for (int i = 0; i < 100_000; i++) {
      site.cluster.refuseNextSuspension(
          "n1", Refusal.of(Refusal.Category.SITE, "node.journal", "no space left"));
    }
    site.wishes().suspend(id, "/CN=Ada");
    site.await(id, w -> w.reason().contains("no space left"), "it to be refused");
    site.pass(Duration.ofHours(5));
    assertEquals(
        Optional.empty(), site.await(id, Workspace::ended, "its end").refusal(), "not its failure");
  }

  @Test
  void aStoppedGuestThatItsNodeLostIsSaidToBeLost() {
    WorkspaceId id = stopped();
    site.cluster.set("n1", id, GuestPhase.ABSENT);
    site.pass(Duration.ofSeconds(1));
    assertEquals("node.guest.lost", site.await(id, State.FAILED).refusal().orElseThrow().code());
  }

  @Test
  void aPausedWorkspaceStandsStillUntilItIsResumed() {
    WorkspaceId id = running();
    site.wishes().pause(id, "/CN=Ada");
    site.await(id, State.PAUSED);
    assertEquals(GuestPhase.PAUSED, site.cluster.phase("n1", id));
    assertEquals("workspace.state", refusal(() -> site.wishes().start(id, "/CN=Ada")));
    assertEquals(
        "workspace.state", refusal(() -> site.wishes().stop(id, Duration.ZERO, "/CN=Ada")));
    site.cluster.cutOff("n1");
    site.pass(Duration.ofMinutes(1));
    site.await(id, State.UNKNOWN);
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.await(id, State.PAUSED);
    site.wishes().resume(id, "/CN=Ada");
    site.await(id, State.RUNNING);
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void aSuspendedWorkspaceKeepsItsPlaceAndGoesOn() {
    site.node("n1", new Resources(1, 1L << 30, 100L << 30)).start();
    WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
    site.wishes().suspend(id, "/CN=Ada");
    assertEquals(Optional.of("n1"), site.await(id, State.SUSPENDED).node());
    WorkspaceId waiting = site.ask("waits for room").id();
    site.settle();
    assertEquals(State.REQUESTED, site.get(waiting).state());
    assertEquals("workspace.state", refusal(() -> site.wishes().start(id, "/CN=Ada")));
    site.cluster.cutOff("n1");
    site.pass(Duration.ofMinutes(1));
    site.await(id, State.UNKNOWN);
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.await(id, State.SUSPENDED);
    site.wishes().resume(id, "/CN=Ada");
    site.await(id, State.RUNNING);
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void aSuspendedGuestWhoseMemoryTheNodeRefusesFails() {
    WorkspaceId id = running();
    site.wishes().suspend(id, "/CN=Ada");
    site.await(id, State.SUSPENDED);
    Refusal altered = Refusal.of(Refusal.Category.IMAGE_REFUSED, "memory.altered", "other bytes");
    site.cluster.failNextStart("n1", altered);
    site.wishes().resume(id, "/CN=Ada");
    assertEquals(Optional.of(altered), site.await(id, State.FAILED).refusal());
  }

  @Test
  void aGuestThatEndsByItselfIsGone() {
    WorkspaceId id = running();
    site.cluster.set("n1", id, GuestPhase.ENDED);
    site.pass(Duration.ofSeconds(1));
    assertEquals("the guest ended by itself", site.await(id, State.DESTROYED).reason());
  }
}
