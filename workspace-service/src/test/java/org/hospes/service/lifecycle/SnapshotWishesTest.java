package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.Node;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What people want of snapshots of workspaces that are stopped. */
class SnapshotWishesTest {
  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void stop() {
    site.close();
  }

  private WorkspaceId stopped() {
    site.node("n1").start();
    WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
    site.wishes().stop(id, Duration.ofSeconds(90), "/CN=Ada");
    return atRest(id).id();
  }

  private static String refusal(Executable wish) {
    return assertThrows(RefusedException.class, wish).refusal().code();
  }

  private Workspace atRest(WorkspaceId id) {
    return site.await(
        id, w -> w.state() == State.STOPPED && w.goal() == Goal.STOP, "it to be at rest");
  }

  private static List<String> names(Workspace workspace) {
    return workspace.snapshots().kept().stream().map(Snapshot::name).toList();
  }

  @Test
  void snapshotsAreTakenRolledBackToAndDeleted() {
    WorkspaceId id = stopped();
    site.wishes().snapshot(id, "a", "/CN=Ada");
    Workspace taken = atRest(id);
    assertEquals("stopped; snapshot a is taken", taken.reason());
    assertTrue(taken.snapshots().find("a").orElseThrow().current());
    long version = taken.version();
    site.wishes().snapshot(id, "a", "/CN=Ada");
    assertEquals(version, site.get(id).version(), "it is there of the very same disks");
    site.wishes().start(id, "/CN=Ada");
    assertFalse(site.await(id, State.RUNNING).snapshots().find("a").orElseThrow().current());
    assertEquals("workspace.state", refusal(() -> site.wishes().rollback(id, "a", "/CN=Ada")));
    site.wishes().stop(id, Duration.ofSeconds(1), "/CN=Ada");
    atRest(id);
    assertEquals("snapshot.exists", refusal(() -> site.wishes().snapshot(id, "a", "/CN=Ada")));
    site.wishes().rollback(id, "a", "/CN=Ada");
    assertTrue(atRest(id).snapshots().find("a").orElseThrow().current());
    assertEquals(
        "snapshot.absent", refusal(() -> site.wishes().deleteSnapshot(id, "b", "/CN=Ada")));
    assertEquals(
        "request.invalid", refusal(() -> site.wishes().snapshot(id, ".hidden", "/CN=Ada")));
    site.wishes().deleteSnapshot(id, "a", "/CN=Ada");
    assertEquals(List.of(), names(atRest(id)));
    site.wishes().start(id, "/CN=Ada");
    site.await(id, State.RUNNING);
    assertEquals(3, site.cluster.snapshotTasks(id));
  }

  @Test
  void whatTheNodeCannotDoWithASnapshotNeverCostsTheWorkspace() {
    WorkspaceId id = stopped();
    for (Refusal.Category category : Refusal.Category.values()) {
      Refusal why = Refusal.of(category, "some.code", "it is so").fact("found", "x");
      site.cluster.failNextSnapshot("n1", why);
      site.wishes().snapshot(id, "a", "/CN=Ada");
      Workspace told = atRest(id);
      assertEquals(Optional.of(why), told.snapshots().setback());
      assertEquals("stopped; snapshot a was not taken: it is so", told.reason());
      assertEquals(Optional.empty(), told.refusal());
    }
    // A driver that looks before the wish has it stopped, which must not be over then.
    site.cluster.slowToStop("n1");
    site.cluster.set("n1", id, GuestPhase.RUNNING);
    site.wishes().snapshot(id, "a", "/CN=Ada");
    assertEquals(
        Optional.of("guest.not-stopped"), atRest(id).snapshots().setback().map(Refusal::code));
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.STOPPING, "it to be stopped again");
    site.cluster.set("n1", id, GuestPhase.STOPPED);
    site.wishes().snapshot(id, "a", "/CN=Ada");
    assertEquals(Optional.empty(), atRest(id).snapshots().setback());
  }

  @Test
  void aSnapshotWithMemoryBringsItBackSuspendedAndOneWithoutStopped() {
    site.node("n1").start();
    WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
    site.wishes().suspend(id, "/CN=Ada");
    site.await(id, State.SUSPENDED);
    site.wishes().snapshot(id, "asleep", "/CN=Ada");
    Workspace taken = asleep(id);
    assertEquals("suspended; snapshot asleep is taken", taken.reason());
    assertTrue(taken.snapshots().find("asleep").orElseThrow().memory());
    assertTrue(taken.snapshots().find("asleep").orElseThrow().current());
    assertEquals("workspace.state", refusal(() -> site.wishes().save(id, "/CN=Ada")));
    site.wishes().resume(id, "/CN=Ada");
    site.await(id, State.RUNNING);
    site.wishes().stop(id, Duration.ofSeconds(1), "/CN=Ada");
    atRest(id);
    site.wishes().snapshot(id, "off", "/CN=Ada");
    assertFalse(atRest(id).snapshots().find("off").orElseThrow().memory());

    site.wishes().rollback(id, "asleep", "/CN=Ada");
    assertEquals(
        "suspended; its disk is that of snapshot asleep, and so is its memory",
        asleep(id).reason());
    assertEquals(GuestPhase.SUSPENDED, site.cluster.phase("n1", id));
    assertEquals("workspace.state", refusal(() -> site.wishes().start(id, "/CN=Ada")));
    site.wishes().rollback(id, "off", "/CN=Ada");
    atRest(id);
    site.wishes().rollback(id, "asleep", "/CN=Ada");
    asleep(id);
    site.wishes().deleteSnapshot(id, "off", "/CN=Ada");
    assertEquals(List.of("asleep"), names(asleep(id)));
    Refusal altered = Refusal.of(Refusal.Category.IMAGE_REFUSED, "snapshot.altered", "it is so");
    site.cluster.failNextSnapshot("n1", altered);
    site.wishes().rollback(id, "asleep", "/CN=Ada");
    assertEquals(Optional.of(altered), asleep(id).snapshots().setback());
    site.wishes().resume(id, "/CN=Ada");
    site.await(id, State.RUNNING);
    assertEquals(1, site.cluster.boots(id), "it went on from its memory");
  }

  private Workspace asleep(WorkspaceId id) {
    return site.await(
        id, w -> w.state() == State.SUSPENDED && w.goal() == Goal.SUSPEND, "it to be asleep");
  }

  @Test
  void aDiskIsMadeOneFileAndIsThereUntilItMayBeAnother() {
    WorkspaceId id = stopped();
    site.wishes().snapshot(id, "saved", "/CN=Ada");
    atRest(id);
    site.wishes().save(id, "/CN=Ada");
    Workspace saved = atRest(id);
    assertEquals("stopped; its disk is one file now, to be fetched", saved.reason());
    assertEquals(7, saved.snapshots().flat().orElseThrow().bytes());
    assertEquals(List.of("saved"), names(saved), "of the same name, and another thing");
    site.wishes().save(id, "/CN=Ada");
    assertEquals(saved.version(), site.get(id).version(), "it is there");
    site.wishes().rollback(id, "saved", "/CN=Ada");
    assertEquals(Optional.empty(), atRest(id).snapshots().flat());
    site.wishes().save(id, "/CN=Ada");
    assertTrue(atRest(id).snapshots().flat().isPresent());
    site.wishes().start(id, "/CN=Ada");
    assertEquals(Optional.empty(), site.await(id, State.RUNNING).snapshots().flat());
    assertEquals("workspace.state", refusal(() -> site.wishes().save(id, "/CN=Ada")));
    assertEquals(4, site.cluster.snapshotTasks(id));
  }

  @Test
  void aDiskThatCannotBeMadeOneFileLeavesTheWorkspaceAsItWas() {
    WorkspaceId id = stopped();
    Refusal full = Refusal.of(Refusal.Category.NO_CAPACITY, "disk.no-space", "it is full");
    site.cluster.failNextSnapshot("n1", full);
    site.wishes().save(id, "/CN=Ada");
    Workspace told = atRest(id);
    assertEquals("stopped; its disk was not made one file: it is full", told.reason());
    assertEquals(Optional.of(full), told.snapshots().setback());
    assertEquals(Optional.empty(), told.snapshots().flat());
  }

  @Test
  void whileACopyIsMadeNothingElseIsDoneAndItIsFoundAgain() {
    WorkspaceId id = stopped();
    site.cluster.slowToCopy("n1", true);
    site.wishes().snapshot(id, "a", "/CN=Ada");
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.COPYING, "it to be copied");
    assertEquals("workspace.busy", refusal(() -> site.wishes().start(id, "/CN=Ada")));
    assertEquals("workspace.busy", refusal(() -> site.wishes().snapshot(id, "b", "/CN=Ada")));
    site.wishes().snapshot(id, "a", "/CN=Ada");
    site.cluster.cutOff("n1");
    site.pass(Duration.ofMinutes(1));
    site.await(id, State.UNKNOWN);
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    site.cluster.slowToCopy("n1", false);
    assertEquals(List.of("a"), names(atRest(id)));
    assertEquals(1, site.cluster.snapshotTasks(id));
    site.cluster.slowToCopy("n1", true);
    site.wishes().rollback(id, "a", "/CN=Ada");
    site.until(() -> site.cluster.phase("n1", id) == GuestPhase.COPYING, "it to be copied");
    site.driver().destroy(id, "/CN=Ada");
    site.await(id, State.DESTROYED);
  }

  @Test
  void whatSnapshotsTakeIsNotGivenToOthers() {
    WorkspaceId id = stopped();
    Node node = site.registry.find("n1").orElseThrow();
    long before = Placement.free(node, site.store.unfinished()).scratchBytes();
    site.wishes().snapshot(id, "a", "/CN=Ada");
    atRest(id);
    long after = Placement.free(node, site.store.unfinished()).scratchBytes();
    assertEquals(site.get(id).snapshots().bytes(), before - after);
  }
}
