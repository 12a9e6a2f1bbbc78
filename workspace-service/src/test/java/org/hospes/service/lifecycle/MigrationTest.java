package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.InMemoryCluster;
import org.hospes.service.node.Node;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.InMemoryWorkspaceRepository;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A workspace goes from one node to another, or stays as it was. */
class MigrationTest {
  private static final String ADA = "/CN=Ada";
  private static final Refusal FULL =
      Refusal.of(Refusal.Category.NO_CAPACITY, "disk.no-space", "no room for its memory");

  private static final Refusal UNTRUSTED =
      Refusal.of(Refusal.Category.IMAGE_REFUSED, "image.signer.untrusted", "nobody trusts it");

  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void neverTwice() {
    site.close();
    assertEquals(List.of(), site.cluster.violations());
  }

  private WorkspaceId running() {
    site.node("n1").start();
    WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
    site.node("n2");
    return id;
  }

  private WorkspaceId stopped() {
    WorkspaceId id = running();
    site.wishes().stop(id, Duration.ofSeconds(30), ADA);
    return at(id, "n1", State.STOPPED, Goal.STOP).id();
  }

  private void migrate(WorkspaceId id) {
    site.wishes().migrate(id, Optional.of("n2"), false, ADA);
  }

  private Workspace at(WorkspaceId id, String node, State state, Goal goal) {
    return site.await(
        id,
        w -> w.node().equals(Optional.of(node)) && w.state() == state && w.goal() == goal,
        goal + " on " + node);
  }

  private Workspace cleared(WorkspaceId id) {
    return site.await(id, w -> w.migrations().leftOn().isEmpty(), "remains to be removed");
  }

  private static List<String> moments(Workspace workspace) {
    return workspace.timeline().stream()
        .map(Moment::what)
        .filter(what -> what.contains("MIGRAT"))
        .toList();
  }

  @Test
  void oneThatRunsGoesOnFromItsMemory() {
    WorkspaceId id = running();
    site.pass(Duration.ofSeconds(1));
    migrate(id);
    Workspace moved = at(id, "n2", State.RUNNING, Goal.RUN);
    assertEquals(Optional.of("198.51.100.12"), moved.forwards().get(0).hostAddress());
    assertEquals(List.of("MIGRATING", "MIGRATED"), moments(moved));
    Moment last =
        moved.timeline().stream()
            .filter(m -> m.what().equals("RUNNING"))
            .reduce((first, second) -> second)
            .orElseThrow();
    assertEquals(Optional.of("migrated in 0.0 s, of which it stood still for 0.0 s"), last.note());
    assertEquals(1, site.cluster.boots(id), "it was never started anew");
    cleared(id);
    assertEquals(Set.of(), site.cluster.guests("n1"));
    assertEquals(Set.of(id), site.cluster.guests("n2"));
    site.wishes().migrate(id, Optional.of("n1"), false, ADA);
    at(id, "n1", State.RUNNING, Goal.RUN);
    cleared(id);
    assertEquals(Set.of(), site.cluster.guests("n2"));
    assertEquals(1, site.cluster.boots(id));
  }

  private int calls(String call) {
    return (int) site.cluster.calls().stream().filter(call::equals).count();
  }

  @Test
  void whileItRunsItsDisksAreCopied() {
    WorkspaceId id = running();
    site.cluster.slowToCopyAhead("n2", 3);
    migrate(id);
    at(id, "n2", State.RUNNING, Goal.RUN);
    List<String> calls = site.cluster.calls();
    assertEquals(3, calls("n2 expect"), calls.toString());
    assertTrue(calls.indexOf("n1 offer") < calls.indexOf("n2 expect"), calls.toString());
    assertTrue(calls.lastIndexOf("n2 expect") < calls.indexOf("n1 suspend"), calls.toString());
    cleared(id);
    assertEquals(Set.of(), site.cluster.ahead("n1"));
    assertEquals(Set.of(), site.cluster.ahead("n2"));
  }

  @Test
  void aDiskThatIsNeverCopiedHoldsNothingUpForEver() {
    WorkspaceId id = running();
    site.cluster.slowToCopyAhead("n2", Integer.MAX_VALUE);
    migrate(id);
    site.await(id, w -> calls("n2 expect") > 2, "it to be copied");
    assertEquals(0, calls("n1 suspend"));
    site.pass(Duration.ofMinutes(11));
    site.cluster.beat();
    at(id, "n2", State.RUNNING, Goal.RUN);
  }

  @Test
  void whereItIsNotCopiedAheadItMigratesAllTheSame() {
    WorkspaceId id = running();
    site.cluster.refuseNextExpectation("n2", FULL);
    migrate(id);
    at(id, "n2", State.RUNNING, Goal.RUN);
    assertEquals(1, calls("n2 expect"));
  }

  @Test
  void anOlderNodeIsNotAskedForWhatItDoesNotKnow() {
    WorkspaceId id = running();
    site.cluster.capabilities("n2", Set.of("stop", "suspend", "migrate"));
    site.forgetNodes("n2");
    site.cluster.beat();
    site.start();
    migrate(id);
    at(id, "n2", State.RUNNING, Goal.RUN);
    assertEquals(0, calls("n1 offer") + calls("n2 expect"));
  }

  @Test
  void coldItIsStoppedAndStarted() {
    WorkspaceId id = running();
    site.cluster.capabilities("n1", Set.of("stop", "migrate"));
    site.cluster.runsOn("n2", Optional.of("test"), Optional.empty());
    site.forgetNodes("n1", "n2");
    site.cluster.beat();
    site.start();
    site.wishes().migrate(id, Optional.empty(), true, ADA);
    at(id, "n2", State.RUNNING, Goal.RUN);
    assertEquals(2, site.cluster.boots(id));
  }

  @Test
  void whatIsOffOrSuspendedStaysSo() {
    WorkspaceId id = stopped();
    site.wishes().snapshot(id, "a", ADA);
    site.await(id, w -> w.snapshots().find("a").isPresent() && w.goal() == Goal.STOP, "snapshot");
    migrate(id);
    Workspace moved = at(id, "n2", State.STOPPED, Goal.STOP);
    assertTrue(moved.snapshots().find("a").orElseThrow().current());
    cleared(id);
    assertEquals(1, site.cluster.boots(id));
    site.wishes().start(id, ADA);
    at(id, "n2", State.RUNNING, Goal.RUN);
    site.wishes().suspend(id, ADA);
    at(id, "n2", State.SUSPENDED, Goal.SUSPEND);
    site.wishes().migrate(id, Optional.of("n1"), false, ADA);
    at(id, "n1", State.SUSPENDED, Goal.SUSPEND);
    site.wishes().resume(id, ADA);
    at(id, "n1", State.RUNNING, Goal.RUN);
    assertEquals(2, site.cluster.boots(id));
  }

  @Test
  void aTargetThatDoesNotTakeItCostsNothingButTime() {
    WorkspaceId id = running();
    site.cluster.failNextReception("n2", FULL);
    migrate(id);
    site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    Workspace stayed = at(id, "n1", State.RUNNING, Goal.RUN);
    assertEquals(Optional.of(FULL), stayed.migrations().setback());
    assertEquals(Optional.empty(), stayed.refusal());
    assertEquals(List.of("MIGRATING", "NOT_MIGRATED"), moments(stayed));
    assertEquals(1, site.cluster.boots(id));
    cleared(id);
    assertEquals(Set.of(), site.cluster.guests("n2"));
    migrate(id);
    assertEquals(Optional.empty(), at(id, "n2", State.RUNNING, Goal.RUN).migrations().setback());
  }

  @Test
  void aTargetThatCannotPrepareItIsKnownBeforeItStandsStill() {
    WorkspaceId id = running();
    site.cluster.failNextPreparation("n2", UNTRUSTED);
    migrate(id);
    site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    Workspace stayed = at(id, "n1", State.RUNNING, Goal.RUN);
    assertEquals(Optional.of(UNTRUSTED), stayed.migrations().setback());
    assertFalse(site.cluster.calls().contains("n1 suspend"), site.cluster.calls().toString());
    cleared(id);
    assertEquals(Set.of(), site.cluster.guests("n2"));
  }

  @Test
  void whatATargetRefusedDoesNotCountAgainstTheNextMigration() {
    WorkspaceId id = running();
    Refusal passing = Refusal.of(Refusal.Category.SITE, "node.journal", "no space left");
    for (int i = 0; i < site.times.attempts(); i++) {
      site.cluster.refuseNextPreparation("n2", passing);
    }
    migrate(id);
    site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    at(id, "n1", State.RUNNING, Goal.RUN);
    cleared(id);
    site.cluster.refuseNextPreparation("n2", passing);
    migrate(id);
    Workspace there =
        site.await(
            id,
            w -> w.migrations().setback().isPresent() || w.node().equals(Optional.of("n2")),
            "it to be moved");
    assertEquals(Optional.empty(), there.migrations().setback());
    at(id, "n2", State.RUNNING, Goal.RUN);
  }

  @Test
  void itRunsWhileTheTargetFetchesTheImage() {
    WorkspaceId id = running();
    site.cluster.slowPreparation("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.PREPARING, "it to be prepared");
    assertEquals(GuestPhase.RUNNING, site.cluster.phase("n1", id));
    site.driver().destroy(id, ADA);
    site.await(id, State.DESTROYED);
    assertEquals(Set.of(), site.cluster.guests("n2"));
  }

  @Test
  void aTargetThatDoesNotGetReadyIsSaidToBeTheOne() {
    WorkspaceId id = running();
    site.cluster.slowPreparation("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.PREPARING, "it to be prepared");
    site.pass(Duration.ofMinutes(25));
    Workspace stayed = site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    Refusal why = stayed.migrations().setback().orElseThrow();
    assertEquals("migration.unready", why.code());
    assertEquals("n2", why.facts().get("node"));
    at(id, "n1", State.RUNNING, Goal.RUN);
    assertEquals(0, calls("n1 suspend"));
  }

  @Test
  void aNodeThatDoesNotSuspendItKeepsIt() {
    WorkspaceId id = running();
    site.cluster.refuseNextSuspension("n1", FULL);
    for (int i = 1; i < site.times.attempts(); i++) {
      site.cluster.refuseNextSuspension("n1", FULL);
    }
    migrate(id);
    site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    at(id, "n1", State.RUNNING, Goal.RUN);
    assertEquals(GuestPhase.RUNNING, site.cluster.phase("n1", id));
    cleared(id);
  }

  @Test
  void oneThatDoesNotComeToRestIsLeftWhereItRuns() {
    WorkspaceId id = running();
    site.cluster.slowToStop("n1");
    site.wishes().migrate(id, Optional.of("n2"), true, ADA);
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.STOPPING, "it to be stopping");
    site.pass(Duration.ofMinutes(25));
    Workspace stayed = site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    assertEquals("migration.restless", stayed.migrations().setback().orElseThrow().code());
    assertEquals(Goal.RUN, stayed.goal());
    site.cluster.set("n1", id, GuestPhase.STOPPED);
    at(id, "n1", State.RUNNING, Goal.RUN);
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.RUNNING, "it to run again");
  }

  @Test
  void aTargetThatGoesSilentIsGivenUp() {
    WorkspaceId id = running();
    site.cluster.slowToReceive("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.RECEIVING, "it to be received");
    site.cluster.cutOff("n2");
    site.pass(Duration.ofMinutes(1));
    Workspace stayed = site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    assertEquals("node.silent", stayed.migrations().setback().orElseThrow().code());
    at(id, "n1", State.RUNNING, Goal.RUN);
    assertEquals(List.of("n2"), site.get(id).migrations().leftOn());
    assertEquals("node.silent", WishesTest.refusal(() -> migrate(id)), "it is not there yet");
    site.cluster.restore("n2");
    site.driver().nodeHeard("n2");
    cleared(id);
    assertEquals(Set.of(), site.cluster.guests("n2"));
  }

  @Test
  void aTargetThatReportsAndDoesNotAnswerIsGivenUpAsWell() {
    WorkspaceId id = running();
    site.cluster.slowToReceive("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.RECEIVING, "it to be received");
    site.cluster.deafen("n2");
    site.await(id, w -> w.reason().contains("asking again"), "it to be unreachable");
    site.pass(Duration.ofMinutes(1));
    site.await(id, w -> w.migrations().setback().isPresent(), "a setback");
    at(id, "n1", State.RUNNING, Goal.RUN);
    assertEquals(
        "node.remains", WishesTest.refusal(() -> migrate(id)), "something of it is still there");
  }

  @Test
  void aSourceThatGoesSilentBeforeItIsMovedIsWaitedFor() {
    WorkspaceId id = running();
    site.cluster.slowToReceive("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.RECEIVING, "it to be received");
    site.cluster.cutOff("n1");
    site.pass(Duration.ofMinutes(1));
    site.await(id, State.UNKNOWN);
    site.settle();
    assertEquals(GuestPhase.RECEIVING, site.cluster.phase("n2", id));
    site.cluster.slowToReceive("n2", 0);
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    at(id, "n2", State.RUNNING, Goal.RUN);
    cleared(id);
  }

  @Test
  void aDatabaseThatForgotItsMoveFindsItWhereItRuns() {
    WorkspaceId id = running();
    site.cluster.slowToReceive("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.RECEIVING, "it to be received");
    Workspace older = site.get(id);
    site.cluster.slowToReceive("n2", 0);
    at(id, "n2", State.RUNNING, Goal.RUN);
    cleared(id);
    InMemoryWorkspaceRepository restored = new InMemoryWorkspaceRepository();
    restored.add(older.savedAs(0), Sample.dossier());
    site.start(restored);
    site.until(
        () -> {
          Workspace now = restored.find(id).orElseThrow();
          return now.node().equals(Optional.of("n2")) && now.state() == State.RUNNING;
        },
        "it to be found");
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void aDatabaseThatForgotItsWishKeepsWhatWasLeftToAnotherNode() throws Exception {
    WorkspaceId id = stopped();
    Node source = site.registry.find("n1").orElseThrow();
    site.cluster.handOver(source, id, "forgotten", InMemoryCluster.dn("n2"));
    site.wishes().start(id, ADA);
    Workspace waits =
        site.await(
            id,
            w -> w.ended() || w.reason().contains("this service knows nothing of"),
            "it to be told");
    assertEquals(Goal.RUN, waits.goal());
    assertTrue(waits.reason().startsWith("n1 left the guest to "), waits.reason());
    assertTrue(waits.reason().contains("CN=n2.example.org"), waits.reason());
    site.until(() -> calls("n1 start") > 2 * site.times.attempts(), "it to be asked for");
    assertEquals(Set.of(id), site.cluster.guests("n1"));
    site.cluster.takeBack(source, id, "forgotten");
    at(id, "n1", State.RUNNING, Goal.RUN);
  }

  @Test
  void remainsOnASilentNodeAreRemovedOnceItIsHeard() {
    WorkspaceId id = running();
    site.cluster.cutOffAfterHandOver("n1");
    migrate(id);
    at(id, "n2", State.RUNNING, Goal.RUN);
    assertEquals(List.of("n1"), site.get(id).migrations().leftOn());
    site.pass(Duration.ofMinutes(1));
    site.settle();
    assertEquals(State.RUNNING, site.get(id).state(), "nothing of it is unknown");
    assertEquals(Set.of(id), site.cluster.guests("n1"));
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    cleared(id);
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void destroyedInTheMiddleBothAreRemoved() {
    WorkspaceId id = running();
    site.cluster.slowToReceive("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.RECEIVING, "it to be received");
    site.driver().destroy(id, ADA);
    site.await(id, State.DESTROYED);
    assertEquals(Set.of(), site.cluster.guests("n1"));
    assertEquals(Set.of(), site.cluster.guests("n2"));
  }

  @Test
  void aLeaseThatEndsInTheMiddleEndsBoth() {
    WorkspaceId id = running();
    site.cluster.slowToReceive("n2", 1_000_000);
    migrate(id);
    site.until(() -> site.cluster.phase("n2", id) == GuestPhase.RECEIVING, "it to be received");
    site.pass(Duration.ofHours(5));
    site.await(id, State.DESTROYED);
    assertEquals(Set.of(), site.cluster.guests("n1"));
    assertEquals(Set.of(), site.cluster.guests("n2"));
  }

  @Test
  void theTargetsPlaceIsReservedBeforeAnythingMoves() {
    WorkspaceId id = running();
    site.cluster.slowToReceive("n2", 1_000_000);
    Node target = site.registry.find("n2").orElseThrow();
    int before = Placement.free(target, site.store.unfinished()).cpus();
    migrate(id);
    assertEquals(before - 1, Placement.free(target, site.store.unfinished()).cpus());
    site.cluster.slowToReceive("n2", 0);
    at(id, "n2", State.RUNNING, Goal.RUN);
    assertEquals(before - 1, Placement.free(target, site.store.unfinished()).cpus());
    Node source = site.registry.find("n1").orElseThrow();
    assertEquals(
        source.facts().capacity().cpus(), Placement.free(source, site.store.unfinished()).cpus());
  }
}
