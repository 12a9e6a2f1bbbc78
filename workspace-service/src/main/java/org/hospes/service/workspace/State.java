package org.hospes.service.workspace;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** What is known to be true of a workspace. What is wanted of it is its {@link Goal}. */
public enum State {
  /** Accepted and saved; no node chosen. */
  REQUESTED,
  /** A node is chosen and its capacity reserved. */
  PLACED,
  /** The node holds the verified image, the guest's disks and its sandbox. */
  STAGED,
  /** The guest runs. */
  RUNNING,
  /** The guest's processors stand still; its memory is kept. */
  PAUSED,
  /** The guest is off; its disk is kept, and what it takes of its node stays reserved for it. */
  STOPPED,
  /** The guest's memory and disk are kept on its node's disk; it may go on from there. */
  SUSPENDED,
  /** Its node is silent: nobody can say whether the guest runs. */
  UNKNOWN,
  /** Nothing of it is left on any node, and nothing more will happen. */
  DESTROYED,
  /** It could not be done; {@link Workspace#refusal()} says why. Nothing of it is left. */
  FAILED;

  private static final Map<State, Set<State>> SUCCESSORS =
      Map.of(
          REQUESTED, EnumSet.of(PLACED, DESTROYED, FAILED),
          PLACED, EnumSet.of(STAGED, UNKNOWN, DESTROYED, FAILED),
          STAGED, EnumSet.of(RUNNING, PLACED, UNKNOWN, DESTROYED, FAILED),
          RUNNING, EnumSet.of(PAUSED, STOPPED, SUSPENDED, UNKNOWN, DESTROYED, FAILED),
          PAUSED, EnumSet.of(RUNNING, STOPPED, UNKNOWN, DESTROYED, FAILED),
          STOPPED, EnumSet.of(RUNNING, SUSPENDED, UNKNOWN, DESTROYED, FAILED),
          SUSPENDED, EnumSet.of(RUNNING, STOPPED, UNKNOWN, DESTROYED, FAILED),
          UNKNOWN,
              EnumSet.of(PLACED, STAGED, RUNNING, PAUSED, STOPPED, SUSPENDED, DESTROYED, FAILED),
          DESTROYED, EnumSet.noneOf(State.class),
          FAILED, EnumSet.noneOf(State.class));

  /** The states that may follow this one. */
  public Set<State> successors() {
    return Set.copyOf(SUCCESSORS.get(this));
  }

  /** Whether nothing can follow. */
  public boolean terminal() {
    return SUCCESSORS.get(this).isEmpty();
  }

  /** Whether a node's capacity is taken by a workspace in this state. */
  public boolean occupiesNode() {
    return this != REQUESTED && !terminal();
  }
}
