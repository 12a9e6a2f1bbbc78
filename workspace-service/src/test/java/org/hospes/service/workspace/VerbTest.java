package org.hospes.service.workspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.workspace.Refusal.Category;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VerbTest {
  private static final Instant NOW = Sample.START.plusSeconds(60);

  /** A workspace that was brought to a state by moves that the table has. */
  private static Workspace in(State state) {
    Workspace placed = Sample.workspace(Sample.ADA, "t").placedOn("n1", "x", Sample.START);
    Workspace running = placed.moveTo(State.STAGED, "x", NOW).moveTo(State.RUNNING, "x", NOW);
    return switch (state) {
      case REQUESTED -> Sample.workspace(Sample.ADA, "t");
      case PLACED -> placed;
      case STAGED -> placed.moveTo(State.STAGED, "x", NOW);
      case RUNNING -> running;
      case PAUSED -> running.wanted(Goal.PAUSE, "x").moveTo(State.PAUSED, "x", NOW);
      case STOPPED ->
          running.wantedStopped(Duration.ofSeconds(60), "x").moveTo(State.STOPPED, "x", NOW);
      case SUSPENDED -> running.wanted(Goal.SUSPEND, "x").moveTo(State.SUSPENDED, "x", NOW);
      case UNKNOWN -> running.moveTo(State.UNKNOWN, "x", NOW);
      case DESTROYED -> running.wantedGone("x").moveTo(State.DESTROYED, "x", NOW);
      case FAILED -> running.wantedGone("x").moveTo(State.FAILED, "x", NOW);
    };
  }

  private static Set<State> allowed(Verb verb) {
    Set<State> states = EnumSet.noneOf(State.class);
    for (State state : State.values()) {
      try {
        verb.requireAllowed(in(state), NOW);
        states.add(state);
      } catch (RefusedException e) {
        assertEquals(
            state == State.UNKNOWN ? Category.SITE : Category.CONFLICT,
            e.refusal().category(),
            state.name());
      }
    }
    return states;
  }

  @Test
  void eachHasItsStates() {
    assertEquals(
        EnumSet.of(
            State.REQUESTED,
            State.PLACED,
            State.STAGED,
            State.RUNNING,
            State.PAUSED,
            State.STOPPED,
            State.SUSPENDED),
        allowed(Verb.EXTEND));
    assertEquals(EnumSet.of(State.RUNNING), allowed(Verb.STOP));
    assertEquals(EnumSet.of(State.STOPPED), allowed(Verb.START));
    assertEquals(EnumSet.of(State.RUNNING), allowed(Verb.REBOOT));
    assertEquals(EnumSet.of(State.RUNNING), allowed(Verb.PAUSE));
    assertEquals(EnumSet.of(State.RUNNING), allowed(Verb.SUSPEND));
    assertEquals(EnumSet.of(State.PAUSED, State.SUSPENDED), allowed(Verb.RESUME));
    assertEquals(Optional.of("suspend"), Verb.RESUME.capability(in(State.SUSPENDED)));
    assertEquals(Optional.of("pause"), Verb.RESUME.capability(in(State.PAUSED)));
    assertEquals(EnumSet.of(State.STOPPED, State.SUSPENDED), allowed(Verb.SNAPSHOT));
    assertEquals(EnumSet.of(State.STOPPED), allowed(Verb.SAVE));
    assertEquals(EnumSet.of(State.STOPPED, State.SUSPENDED), allowed(Verb.ROLLBACK));
    assertEquals(EnumSet.of(State.STOPPED, State.SUSPENDED), allowed(Verb.DELETE_SNAPSHOT));
    assertEquals(EnumSet.of(State.RUNNING, State.STOPPED, State.SUSPENDED), allowed(Verb.MIGRATE));
  }

  private static Refusal refused(Verb verb, Workspace workspace) {
    return assertThrows(RefusedException.class, () -> verb.requireAllowed(workspace, NOW))
        .refusal();
  }

  @Test
  void aRefusalSaysWhatWasExpectedAndFound() {
    Refusal refusal = refused(Verb.START, in(State.STAGED));
    assertEquals("workspace.state", refusal.code());
    assertTrue(refusal.message().contains("expected STOPPED, found STAGED"), refusal.message());
  }

  @Test
  void oneWishAtATime() {
    Workspace stopping = in(State.RUNNING).wantedStopped(Duration.ofSeconds(60), "x");
    assertTrue(Verb.STOP.wished(stopping));
    assertEquals("workspace.state", refused(Verb.START, stopping).code());
    Workspace starting = in(State.STOPPED).wanted(Goal.RUN, "x");
    assertTrue(Verb.START.wished(starting));
    assertEquals("workspace.state", refused(Verb.STOP, starting).code());
    Verb.EXTEND.requireAllowed(stopping, NOW);
    assertEquals("workspace.busy", refused(Verb.MIGRATE, stopping).code());
    assertEquals("workspace.busy", refused(Verb.MIGRATE, starting).code());
  }

  @ParameterizedTest
  @EnumSource(Verb.class)
  void nothingFollowsTheWishToDestroyOrTheEndOfTheLease(Verb verb) {
    State state =
        switch (verb) {
          case START, SNAPSHOT, ROLLBACK, DELETE_SNAPSHOT -> State.STOPPED;
          case RESUME -> State.PAUSED;
          default -> State.RUNNING;
        };
    assertEquals("workspace.ended", refused(verb, in(state).wantedGone("x")).code());
    Instant over = Sample.START.plus(Duration.ofHours(4));
    assertEquals(
        "lease.over",
        assertThrows(RefusedException.class, () -> verb.requireAllowed(in(state), over))
            .refusal()
            .code());
  }
}
