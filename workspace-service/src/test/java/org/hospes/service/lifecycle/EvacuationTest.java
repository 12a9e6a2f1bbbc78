package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.hospes.service.node.Drains;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Drained nodes are emptied, a few at a time. */
class EvacuationTest {
  private final DrivenSite site = new DrivenSite();
  private Evacuation evacuation;
  private final AtomicInteger looks = new AtomicInteger();

  /** Those of the site, as the evacuation alone looks at them. */
  private final Drains looked =
      new Drains() {
        @Override
        public Map<String, Drain> all() {
          looks.incrementAndGet();
          return site.drains.all();
        }

        @Override
        public Drain drain(String node, DistinguishedName by, Instant now, boolean migrate) {
          return site.drains.drain(node, by, now, migrate);
        }

        @Override
        public void undrain(String node) {
          site.drains.undrain(node);
        }
      };

  @AfterEach
  void neverTwice() {
    evacuation.close();
    site.close();
    assertEquals(List.of(), site.cluster.violations());
  }

  private List<WorkspaceId> running(int count) {
    site.node("n1").start();
    List<WorkspaceId> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(site.await(site.ask("t" + i).id(), State.RUNNING).id());
    }
    site.node("n2");
    evacuation =
        new Evacuation(site.wishes(), site.store, looked, Duration.ofSeconds(10), site.clock);
    evacuation.start(Duration.ofMillis(5));
    return ids;
  }

  private void drain(boolean migrate) {
    site.drains.drain("n1", Sample.EVE, site.clock.instant(), migrate);
    evacuation.wake();
  }

  private long moving() {
    return site.store.unfinished().stream().filter(w -> w.migrations().now().isPresent()).count();
  }

  @Test
  void aFewAtATimeUntilItIsEmpty() {
    List<WorkspaceId> ids = running(5);
    site.cluster.slowToReceive("n2", 1_000_000);
    drain(true);
    site.until(() -> moving() == 2, "two to be on their way");
    site.settle();
    assertEquals(2, moving());
    assertEquals(new Evacuation.Standing(5, 2, List.of()), evacuation.standing("n1"));
    site.cluster.slowToReceive("n2", 0);
    site.until(() -> site.cluster.guests("n1").isEmpty(), "the node to be empty");
    assertEquals(new Evacuation.Standing(0, 0, List.of()), evacuation.standing("n1"));
    for (WorkspaceId id : ids) {
      Workspace moved = site.await(id, State.RUNNING);
      assertEquals(Optional.of("n2"), moved.node());
      assertEquals(1, site.cluster.boots(id));
    }
  }

  @Test
  void withoutTheWishTheyStay() {
    List<WorkspaceId> ids = running(1);
    drain(false);
    site.settle();
    assertEquals(Optional.of("n1"), site.get(ids.get(0)).node());
    drain(true);
    site.until(() -> site.cluster.guests("n1").isEmpty(), "the node to be empty");
  }

  @Test
  void whoCannotLeaveIsNamedAndTriedAgain() {
    List<WorkspaceId> ids = running(2);
    site.wishes().pause(ids.get(0), "/CN=Ada");
    site.await(ids.get(0), State.PAUSED);
    site.cluster.failNextReception(
        "n2", Refusal.of(Refusal.Category.NO_CAPACITY, "disk.no-space", "full"));
    drain(true);
    site.await(ids.get(1), w -> w.migrations().setback().isPresent(), "a setback");
    // What is left on n2 would keep it from there, and it is tried again once.
    site.await(
        ids.get(1),
        w -> w.state() == State.RUNNING && w.migrations().leftOn().isEmpty(),
        "it to run with nothing left elsewhere");
    site.until(() -> evacuation.standing("n1").stays().size() == 2, "both to stay");
    List<String> why =
        evacuation.standing("n1").stays().stream().map(s -> s.why().code()).sorted().toList();
    assertEquals(List.of("disk.no-space", "workspace.state"), why);
    site.settle();
    assertEquals(Optional.of("n1"), site.get(ids.get(1)).node(), "not at once");
    site.wishes().resume(ids.get(0), "/CN=Ada");
    site.await(ids.get(0), State.RUNNING);
    site.pass(Duration.ofSeconds(11));
    site.until(() -> site.cluster.guests("n1").isEmpty(), "the node to be empty");
  }

  @Test
  void thoseWhoseRemovalDoesNotEndAreNotInTheWay() {
    List<WorkspaceId> ids = running(4);
    Set<WorkspaceId> removed = Set.copyOf(ids.subList(0, 2));
    for (WorkspaceId id : removed) {
      site.cluster.neverRemoves("n1", id);
      site.driver().destroy(id, "/CN=Ada");
    }
    drain(true);
    site.until(() -> site.cluster.guests("n1").equals(removed), "the others to leave");
    for (WorkspaceId id : ids.subList(2, 4)) {
      assertEquals(Optional.of("n2"), site.await(id, State.RUNNING).node());
    }
    assertEquals(new Evacuation.Standing(2, 0, List.of()), evacuation.standing("n1"));
  }

  @Test
  void anUndrainedNodeKeepsTheRest() {
    List<WorkspaceId> ids = running(3);
    site.cluster.slowToReceive("n2", 1_000_000);
    drain(true);
    site.until(() -> moving() == 2, "two to be on their way");
    site.drains.undrain("n1");
    int begun = looks.get();
    site.until(() -> looks.get() > begun, "a look that does not see it drained any more");
    site.cluster.slowToReceive("n2", 0);
    site.until(() -> site.cluster.guests("n1").size() == 1, "two to have left");
    site.settle();
    assertEquals(1, site.cluster.guests("n1").size());
    assertTrue(ids.containsAll(site.cluster.guests("n1")));
    assertEquals(Set.of(), Set.copyOf(evacuation.standing("n1").stays()));
  }

  @Test
  void afterTheServiceWasKilledItGoesOn() {
    running(3);
    site.cluster.slowToReceive("n2", 1_000_000);
    drain(true);
    site.until(() -> moving() == 2, "two to be on their way");
    evacuation.close();
    site.start();
    evacuation =
        new Evacuation(site.wishes(), site.store, looked, Duration.ofSeconds(10), site.clock);
    evacuation.start(Duration.ofMillis(5));
    site.cluster.slowToReceive("n2", 0);
    site.until(() -> site.cluster.guests("n1").isEmpty(), "the node to be empty");
    for (Workspace workspace : site.store.unfinished()) {
      site.await(workspace.id(), State.RUNNING);
      assertEquals(GuestPhase.RUNNING, site.cluster.phase("n2", workspace.id()));
    }
  }
}
