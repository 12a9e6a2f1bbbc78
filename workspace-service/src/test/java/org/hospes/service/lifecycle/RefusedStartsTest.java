package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Workspaces that ran, and whose node refuses their image when they are to start again. */
class RefusedStartsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Refusal REVOKED =
      Refusal.of(Refusal.Category.IMAGE_REFUSED, "image.signer.path", "the signer was revoked");

  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void stop() {
    site.close();
  }

  private WorkspaceId running() {
    site.node("n1").start();
    return site.await(site.ask("t").id(), State.RUNNING).id();
  }

  private WorkspaceId stopped() {
    WorkspaceId id = running();
    site.wishes().stop(id, LIMIT, "/CN=Ada");
    rests(id, State.STOPPED, Goal.STOP);
    return id;
  }

  private Workspace rests(WorkspaceId id, State state, Goal goal) {
    return site.await(id, w -> w.state() == state && w.goal() == goal, state + " and " + goal);
  }

  private static Optional<String> setback(Workspace workspace) {
    return workspace.snapshots().setback().map(Refusal::code);
  }

  @Test
  void itIsStoppedAtOnceAndMayBeAskedAgain() {
    WorkspaceId id = stopped();
    site.cluster.refuseNextStart("n1", REVOKED);
    site.wishes().start(id, "/CN=Ada");
    Workspace refused = rests(id, State.STOPPED, Goal.STOP);
    assertEquals(Optional.of("image.signer.path"), setback(refused));
    assertEquals(Optional.empty(), refused.refusal(), "it does not fail");
    assertTrue(refused.reason().contains("the signer was revoked"), refused.reason());
    // The line is written after the move was saved.
    site.until(
        () ->
            site.audit.of("move").stream()
                .anyMatch(
                    e ->
                        e.outcome() == AuditEntry.Outcome.FAILED
                            && "image.signer.path".equals(e.facts().get("code"))),
        "it to be told");
    site.settle();
    assertEquals(1, site.cluster.boots(id));
    assertEquals(
        2,
        site.cluster.calls().stream().filter("n1 start"::equals).count(),
        "its node is not asked for ever");

    site.wishes().start(id, "/CN=Ada");
    Workspace again = rests(id, State.RUNNING, Goal.RUN);
    assertEquals(Optional.empty(), setback(again));
    assertEquals(2, site.cluster.boots(id));
  }

  @Test
  void oneThatIsSuspendedStaysSo() {
    WorkspaceId id = running();
    site.wishes().suspend(id, "/CN=Ada");
    rests(id, State.SUSPENDED, Goal.SUSPEND);
    site.cluster.refuseNextStart("n1", REVOKED);
    site.wishes().resume(id, "/CN=Ada");
    assertEquals(
        Optional.of("image.signer.path"), setback(rests(id, State.SUSPENDED, Goal.SUSPEND)));
    site.wishes().resume(id, "/CN=Ada");
    rests(id, State.RUNNING, Goal.RUN);
    assertEquals(1, site.cluster.boots(id));
  }

  @Test
  void aRebootEndsInAStop() {
    WorkspaceId id = running();
    site.cluster.refuseNextStart("n1", REVOKED);
    site.wishes().reboot(id, LIMIT, "/CN=Ada");
    assertEquals(Optional.of("image.signer.path"), setback(rests(id, State.STOPPED, Goal.STOP)));
  }

  @Test
  void oneThatRebootsItselfIsAskedForOnce() {
    WorkspaceId id = running();
    site.cluster.refusedAgain("n1", id, REVOKED);
    site.until(() -> site.cluster.boots(id) == 2, "it to be asked for");
    rests(id, State.RUNNING, Goal.RUN);

    site.cluster.refuseNextStart("n1", REVOKED);
    site.cluster.refusedAgain("n1", id, REVOKED);
    assertEquals(Optional.of("image.signer.path"), setback(rests(id, State.STOPPED, Goal.STOP)));
    assertEquals(2, site.cluster.boots(id));
  }

  @Test
  void whatIsTriedAgainIsTold() {
    WorkspaceId id = stopped();
    site.cluster.startsInVain("n1", id, REVOKED);
    site.wishes().start(id, "/CN=Ada");
    Workspace waits =
        site.await(id, w -> w.reason().contains("the signer was revoked"), "the reason");
    assertEquals(Goal.RUN, waits.goal());
    site.cluster.set("n1", id, GuestPhase.RUNNING);
    rests(id, State.RUNNING, Goal.RUN);
  }

  @Test
  void aTargetThatRefusesItKeepsItToo() {
    site.node("n2");
    site.drains.drain("n2", Sample.EVE, site.clock.instant(), false);
    WorkspaceId id = running();
    site.drains.undrain("n2");
    site.cluster.refuseNextStart("n2", REVOKED);
    site.wishes().migrate(id, Optional.of("n2"), false, "/CN=Ada");
    Workspace there = rests(id, State.SUSPENDED, Goal.SUSPEND);
    assertEquals(Optional.of("n2"), there.node());
    assertEquals(Optional.of("image.signer.path"), setback(there));
    site.wishes().resume(id, "/CN=Ada");
    rests(id, State.RUNNING, Goal.RUN);
    assertEquals(1, site.cluster.boots(id), "it went on from its memory");
  }

  @Test
  void anOlderDatabaseFindsItStopped() {
    site.node("n1");
    site.cluster.slowPreparation("n1", 1_000_000);
    site.start();
    WorkspaceId id = site.ask("t").id();
    site.await(id, State.PLACED);
    // Before it is off: a driver that looks meanwhile would start it.
    site.cluster.refuseNextStart("n1", REVOKED);
    site.cluster.refuseNextStart("n1", REVOKED);
    site.cluster.set("n1", id, GuestPhase.RUNNING);
    site.cluster.refusedAgain("n1", id, REVOKED);
    rests(id, State.STOPPED, Goal.STOP);
  }
}
