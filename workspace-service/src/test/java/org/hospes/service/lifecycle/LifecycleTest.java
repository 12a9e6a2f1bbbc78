package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.InMemoryWorkspaceRepository;
import org.hospes.service.workspace.Migrations;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Refusal.Category;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.Snapshots;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LifecycleTest {
  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void stop() {
    site.close();
  }

  @Test
  void aRequestBecomesARunningGuest() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    assertEquals(Optional.of("n1"), running.node());
    assertEquals(Optional.of("192.168.150.7"), running.address());
    assertEquals(
        List.of(new Forward(Optional.of("198.51.100.11"), Optional.of(30_000), 80)),
        running.forwards());
    List<String> moments = running.timeline().stream().map(Moment::what).toList();
    assertTrue(
        moments.containsAll(List.of("REQUESTED", "PLACED", "STAGED", "VERIFIED", "RUNNING")));
    assertTrue(
        running.timeline().stream()
            .anyMatch(m -> m.what().equals("STAGED") && m.note().orElse("").contains("64.0 MB/s")));
    assertEquals(Set.of(running.id()), site.cluster.guests("n1"));
    // Each is written after its move was saved.
    site.until(() -> site.audit.of("move").size() >= 3, "the moves to be told");
    assertEquals(3, site.audit.of("move").size());
  }

  @Test
  void aNodeThatHoldsTheImageIsPreferredToARoomierOne() {
    site.node("roomy", new Resources(64, 64L << 30, 100L << 30)).node("holder", Sample.IMAGE);
    site.start();
    assertEquals(Optional.of("holder"), site.await(site.ask("t").id(), State.RUNNING).node());
  }

  @Test
  void aLongStagingIsPolledAndAskedForOnce() {
    site.node("n1").cluster.slowPreparation("n1", 5);
    site.start();
    site.await(site.ask("t").id(), State.RUNNING);
    assertEquals(1, site.cluster.calls().stream().filter("n1 prepare"::equals).count());
  }

  @Test
  void destroyUnwindsAndIsRepeatable() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.driver().destroy(running.id(), "/CN=Ada");
    site.driver().destroy(running.id(), "/CN=Ada");
    Workspace gone = site.await(running.id(), State.DESTROYED);
    assertEquals("destroyed on request of /CN=Ada", gone.reason());
    assertEquals(Set.of(), site.cluster.guests("n1"));
    assertEquals(Optional.of(gone), site.driver().destroy(running.id(), "/CN=Ada"));
    assertEquals(Optional.empty(), site.driver().destroy(Sample.id(), "/CN=Ada"));
  }

  @Test
  void anImageRefusedByTheNodeFailsWithItsFactsAndLeavesNothing() {
    Refusal refusal =
        Refusal.of(Category.IMAGE_REFUSED, "image.digest.mismatch", "other bytes")
            .fact("expected", "sha256:aa");
    site.node("n1").cluster.failNextPreparation("n1", refusal);
    site.start();
    Workspace failed = site.await(site.ask("t").id(), State.FAILED);
    assertEquals(Optional.of(refusal), failed.refusal());
    assertEquals("other bytes", failed.reason());
    assertEquals(Set.of(), site.cluster.guests("n1"));
    assertEquals(0, site.cluster.boots(failed.id()));
    site.settle();
    assertEquals(State.FAILED, site.get(failed.id()).state());
  }

  @Test
  void whatMayPassIsTriedAgainFromNothing() {
    Refusal passing = Refusal.of(Category.SITE, "node.disk", "no space just now");
    site.node("n1").cluster.failNextPreparation("n1", passing);
    site.cluster.failNextStart("n1", passing);
    site.start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    assertEquals(1, site.cluster.boots(running.id()));
    assertEquals(Optional.empty(), running.refusal());
  }

  @Test
  void whatDoesNotPassEndsAsFailed() {
    site.node("n1");
    Refusal passing = Refusal.of(Category.SITE, "node.disk", "no space");
    for (int i = 0; i < 10; i++) {
      site.cluster.failNextStart("n1", passing);
    }
    site.start();
    Workspace failed = site.await(site.ask("t").id(), State.FAILED);
    assertEquals("node.disk", failed.refusal().orElseThrow().code());
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void aNodeThatDoesNotAnswerIsAskedUntilItDoes() {
    site.node("n1").cluster.deafen("n1");
    site.start();
    Workspace waiting =
        site.await(
            site.ask("t").id(),
            w -> w.state() == State.PLACED && w.reason().contains("connection refused"),
            "a reason");
    site.cluster.restore("n1");
    site.await(waiting.id(), State.RUNNING);
  }

  @Test
  void aSilentNodesWorkspaceIsUnknownStartsNowhereElseAndIsFoundAgain() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.node("n2");
    site.cluster.cutOff("n1");
    site.pass(DrivenSite.SILENT_AFTER.plusSeconds(1));
    site.await(running.id(), State.UNKNOWN);
    site.pass(Duration.ofHours(1));
    site.settle();
    assertEquals(State.UNKNOWN, site.get(running.id()).state());
    assertTrue(site.cluster.calls().stream().noneMatch(c -> c.startsWith("n2 ")));
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.await(running.id(), State.RUNNING);
    assertEquals(1, site.cluster.boots(running.id()));
  }

  @Test
  void aWorkspaceDestroyedInSilenceIsGoneWhenItsNodeIsBack() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.cluster.cutOff("n1");
    site.pass(DrivenSite.SILENT_AFTER.plusSeconds(1));
    site.await(running.id(), State.UNKNOWN);
    site.driver().destroy(running.id(), "/CN=Ada");
    site.settle();
    assertEquals(State.UNKNOWN, site.get(running.id()).state());
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.await(running.id(), State.DESTROYED);
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void aSilentNodesWorkspaceEndsWithItsLeaseAndTheGraceAfterIt() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.cluster.cutOff("n1");
    site.pass(Duration.ofHours(4).plusSeconds(10));
    site.await(running.id(), w -> w.state() == State.UNKNOWN && w.goal() == Goal.DESTROY, "both");
    site.settle();
    assertEquals(State.UNKNOWN, site.get(running.id()).state());
    site.pass(Duration.ofMinutes(3));
    assertTrue(site.await(running.id(), State.DESTROYED).reason().contains("silent"));
  }

  @Test
  void aLeaseThatEndsTakesTheGuestWithIt() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.pass(Duration.ofHours(4));
    assertTrue(site.await(running.id(), State.DESTROYED).reason().startsWith("the lease ended at"));
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void aGuestThatEndsByItselfIsClearedAway() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.cluster.set("n1", running.id(), GuestPhase.ENDED);
    site.pass(Duration.ofSeconds(5));
    assertEquals("the guest ended by itself", site.await(running.id(), State.DESTROYED).reason());
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void aGuestThatItsNodeLostIsFailedAndNotStartedAgain() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.cluster.set("n1", running.id(), GuestPhase.ABSENT);
    site.pass(Duration.ofSeconds(5));
    Workspace failed = site.await(running.id(), State.FAILED);
    assertEquals("node.guest.lost", failed.refusal().orElseThrow().code());
    assertEquals(1, site.cluster.boots(running.id()));
  }

  @Test
  void aGuestThatTheNodeEndedAtItsLeaseIsNoFailure() {
    site.node("n1").start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.pass(Duration.ofHours(4).minusSeconds(20));
    // Not before: a driver that looks while time passes would find it lost in mid-lease.
    site.cluster.set("n1", running.id(), GuestPhase.ABSENT);
    site.pass(Duration.ofSeconds(1));
    assertEquals(Optional.empty(), site.await(running.id(), State.DESTROYED).refusal());
  }

  @Test
  void preparationsThatANodeLostAreMadeAgain() {
    site.node("n1").start();
    site.cluster.slowPreparation("n1", 1_000_000);
    Workspace placed = site.await(site.ask("t").id(), State.PLACED);
    site.cluster.set("n1", placed.id(), GuestPhase.ABSENT);
    site.cluster.slowPreparation("n1", 0);
    site.await(placed.id(), State.RUNNING);
  }

  @Test
  void aDatabaseThatForgotItsPlacementFindsTheGuestWhereItIs() {
    site.node("n1", new Resources(2, 2L << 30, 100L << 30)).start();
    Workspace running = site.await(site.ask("t").id(), State.RUNNING);
    site.node("n2", Sample.IMAGE);
    // The same workspace in a store that was restored to the moment after it was accepted.
    InMemoryWorkspaceRepository restored = new InMemoryWorkspaceRepository();
    restored.add(
        new Workspace(
            running.id(),
            running.order(),
            State.REQUESTED,
            Goal.RUN,
            Duration.ofSeconds(60),
            "accepted",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Snapshots.NONE,
            Migrations.NONE,
            List.of(),
            0),
        Sample.dossier());
    site.clock.pass(Duration.ofSeconds(5));
    site.forgetNodes("n1", "n2");
    site.cluster.cutOff("n1");
    site.cluster.beat();
    site.start(restored);
    site.settle();
    assertEquals(State.REQUESTED, restored.find(running.id()).orElseThrow().state());
    site.cluster.restore("n1");
    site.until(() -> isRunning(restored, running), "it to be found");
    assertEquals(Optional.of("n1"), restored.find(running.id()).orElseThrow().node());
    assertEquals(1, site.cluster.boots(running.id()));
    assertEquals(Set.of(), site.cluster.guests("n2"));
  }

  private static boolean isRunning(WorkspaceRepository store, Workspace workspace) {
    return store.find(workspace.id()).orElseThrow().state() == State.RUNNING;
  }

  @Test
  void nodesAreNeverFilledBeyondWhatTheyHave() {
    site.node("n1", new Resources(3, 8L << 30, 100L << 30))
        .node("n2", new Resources(2, 8L << 30, 100L << 30))
        .start();
    List<Workspace> asked = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      asked.add(site.ask("t" + i));
    }
    site.until(() -> running(asked).size() == 5, "the nodes to be full");
    site.until(() -> asked.stream().anyMatch(this::waitsForRoom), "one to wait for room");
    site.settle();
    List<Workspace> running = running(asked);
    assertEquals(5, running.size());
    assertTrue(Placement.used("n1", site.store.unfinished()).cpus() <= 3);
    assertTrue(Placement.used("n2", site.store.unfinished()).cpus() <= 2);
    site.driver().destroy(running.get(0).id(), "/CN=Ada");
    site.await(running.get(0).id(), State.DESTROYED);
    site.until(() -> running(asked).size() == 5, "the room to be taken");
  }

  private boolean waitsForRoom(Workspace asked) {
    Workspace workspace = site.get(asked.id());
    return workspace.state() == State.REQUESTED
        && workspace.reason().startsWith("waiting for room");
  }

  @Test
  void moreThanAnyNodeHasIsAFailureAndNoWait() {
    site.node("n1", new Resources(1, 1 << 20, 1 << 30)).start();
    Workspace failed = site.await(site.ask("t").id(), State.FAILED);
    assertEquals(Category.NO_CAPACITY, failed.refusal().orElseThrow().category());
  }

  @Test
  void aWorkspaceOnNoNodeIsDestroyedAtOnce() {
    site.start();
    Workspace asked = site.ask("t");
    site.driver().destroy(asked.id(), "/CN=Ada");
    site.await(asked.id(), State.DESTROYED);
    assertFalse(site.get(asked.id()).node().isPresent());
  }

  private List<Workspace> running(List<Workspace> asked) {
    return asked.stream()
        .map(w -> site.get(w.id()))
        .filter(w -> w.state() == State.RUNNING)
        .toList();
  }
}
