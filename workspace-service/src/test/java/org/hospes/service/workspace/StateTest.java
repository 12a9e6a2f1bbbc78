package org.hospes.service.workspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StateTest {
  @ParameterizedTest
  @EnumSource(State.class)
  void everyStateThatHasNotEndedCanEndBothWays(State state) {
    if (!state.terminal()) {
      assertTrue(state.successors().containsAll(EnumSet.of(State.DESTROYED, State.FAILED)));
    }
  }

  @Test
  void everyStateCanBeReached() {
    Set<State> reached = new HashSet<>(Set.of(State.REQUESTED));
    for (State state : State.values()) {
      reached.addAll(state.successors());
    }
    assertEquals(EnumSet.allOf(State.class), reached);
  }

  @Test
  void aMoveThatTheTableLacksIsRefusedWithItsFacts() {
    Workspace workspace = Sample.workspace(Sample.ADA, "one");
    IllegalTransition refused =
        assertThrows(
            IllegalTransition.class, () -> workspace.moveTo(State.RUNNING, "x", Sample.START));
    assertEquals(State.REQUESTED, refused.from());
    assertEquals(State.RUNNING, refused.to());
    assertEquals(workspace.id(), refused.id());
  }

  @Test
  void theTimelineIsOrderedAndHoldsEachMomentOnce() {
    Moment verified = new Moment("VERIFIED", Sample.START.plusSeconds(2), Optional.empty());
    Workspace workspace =
        Sample.workspace(Sample.ADA, "one")
            .placedOn("n1", "x", Sample.START.plusSeconds(5))
            .told(Optional.empty(), List.of(), List.of(verified))
            .told(Optional.empty(), List.of(), List.of(verified));
    assertEquals(
        List.of("REQUESTED", "VERIFIED", "PLACED"),
        workspace.timeline().stream().map(Moment::what).toList());
  }

  @Test
  void whatRunsAfterAMigrationSaysHowLongItStoodStill() {
    Instant asked = Sample.START.plusSeconds(100);
    Workspace moved =
        Sample.workspace(Sample.ADA, "one")
            .placedOn("n1", "x", Sample.START)
            .moveTo(State.STAGED, "x", Sample.START)
            .moveTo(State.RUNNING, "x", Sample.START.plusSeconds(1))
            .wantedMoved(Migration.of("n1", "n2", Goal.RUN, false, asked), "x", asked)
            .told(
                Optional.empty(),
                List.of(),
                List.of(new Moment("WANTED_SUSPENDED", asked.plusSeconds(1), Optional.empty())))
            .moveTo(State.SUSPENDED, "x", asked.plusSeconds(3))
            .moved(Optional.empty(), List.of(), "x", asked.plusSeconds(5));
    Workspace runs = moved.moveTo(State.RUNNING, "x", asked.plusMillis(6_500));
    assertEquals(
        Optional.of("migrated in 6.5 s, of which it stood still for 5.5 s"), last(runs).note());
    Workspace live =
        runs.told(
            Optional.empty(),
            List.of(),
            List.of(new Moment("STOOD_STILL", asked.plusMillis(2_500), Optional.empty())));
    assertEquals(
        Optional.of("migrated in 6.5 s, of which it stood still for 4.0 s"),
        Moment.arrival(
            live.timeline().subList(0, live.timeline().size() - 1), asked.plusMillis(6_500)));
    Workspace again =
        runs.moveTo(State.PAUSED, "x", asked.plusSeconds(8))
            .moveTo(State.RUNNING, "x", asked.plusSeconds(9));
    assertEquals(Optional.empty(), last(again).note());
  }

  private static Moment last(Workspace workspace) {
    return workspace.timeline().get(workspace.timeline().size() - 1);
  }

  @Test
  void theFirstReasonToGoStays() {
    Workspace workspace = Sample.workspace(Sample.ADA, "one").wantedGone("first");
    assertEquals("first", workspace.wantedGone("second").reason());
  }

  @Test
  void aLeaseIsLongerThanNothingAndEndsSharply() {
    assertThrows(IllegalArgumentException.class, () -> new Lease(Sample.START, Duration.ZERO));
    Lease lease = new Lease(Sample.START, Duration.ofSeconds(10));
    assertEquals(false, lease.endedAt(Sample.START.plusMillis(9_999)));
    assertEquals(true, lease.endedAt(Sample.START.plusSeconds(10)));
  }

  @Test
  void aWorkspaceOnNoNodeCannotHoldOne() {
    Workspace workspace = Sample.workspace(Sample.ADA, "one");
    assertThrows(
        IllegalArgumentException.class, () -> workspace.moveTo(State.PLACED, "x", Sample.START));
  }
}
