package org.hospes.service.workspace;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What may be asked of a workspace that is there, and in which states. To destroy may be asked
 * always and is no row of this table: it wins over everything.
 */
public enum Verb {
  /** The lease ends later. */
  EXTEND(
      EnumSet.of(
          State.REQUESTED,
          State.PLACED,
          State.STAGED,
          State.RUNNING,
          State.PAUSED,
          State.STOPPED,
          State.SUSPENDED),
      Set.of(),
      null,
      null),
  /** The guest's processors stand still. */
  PAUSE(EnumSet.of(State.RUNNING), Goal.RUN, Goal.PAUSE, "pause"),
  /** The guest's memory is on disk. */
  SUSPEND(EnumSet.of(State.RUNNING), Goal.RUN, Goal.SUSPEND, "suspend"),
  /** It goes on from where it was. */
  RESUME(
      EnumSet.of(State.PAUSED, State.SUSPENDED),
      EnumSet.of(Goal.PAUSE, Goal.SUSPEND),
      Goal.RUN,
      null) {
    @Override
    public Optional<String> capability(Workspace workspace) {
      return Optional.of(workspace.state() == State.SUSPENDED ? "suspend" : "pause");
    }
  },
  /** The guest is off, its disk kept. */
  STOP(EnumSet.of(State.RUNNING), Goal.RUN, Goal.STOP, "stop"),
  /** One that was stopped runs again. */
  START(EnumSet.of(State.STOPPED), Goal.STOP, Goal.RUN, "stop"),
  /** The guest is off and runs again. */
  REBOOT(EnumSet.of(State.RUNNING), Goal.RUN, Goal.REBOOT, "stop"),
  /** Somebody types on its console. */
  ATTACH(EnumSet.of(State.RUNNING, State.PAUSED), Set.of(), null, "attach"),
  /** A copy of its disk is kept, and of its memory if that is saved. */
  SNAPSHOT(
      EnumSet.of(State.STOPPED, State.SUSPENDED),
      EnumSet.of(Goal.STOP, Goal.SUSPEND),
      Goal.SNAPSHOT,
      "snapshot"),
  /** It is again what a snapshot holds. */
  ROLLBACK(
      EnumSet.of(State.STOPPED, State.SUSPENDED),
      EnumSet.of(Goal.STOP, Goal.SUSPEND),
      Goal.ROLLBACK,
      "snapshot"),
  /** A snapshot goes. */
  DELETE_SNAPSHOT(
      EnumSet.of(State.STOPPED, State.SUSPENDED),
      EnumSet.of(Goal.STOP, Goal.SUSPEND),
      Goal.DELETE_SNAPSHOT,
      "snapshot"),
  /** It goes to another node. */
  MIGRATE(
      EnumSet.of(State.RUNNING, State.STOPPED, State.SUSPENDED),
      EnumSet.of(Goal.RUN, Goal.STOP, Goal.SUSPEND),
      Goal.MIGRATE,
      "migrate") {
    @Override
    boolean reached(Workspace workspace) {
      return switch (workspace.state()) {
        case RUNNING -> workspace.goal() == Goal.RUN;
        case STOPPED -> workspace.goal() == Goal.STOP;
        default -> workspace.goal() == Goal.SUSPEND;
      };
    }
  },
  /** Its disk becomes one file, to be fetched as a new image. */
  SAVE(EnumSet.of(State.STOPPED), Goal.STOP, Goal.FLATTEN, "snapshot");

  private final Set<State> states;
  private final Set<Goal> before;
  private final Goal after;
  private final String capability;

  /**
   * @param before one of these goals must have been reached first; empty: any
   * @param after the goal that this sets; null: none
   * @param capability what a node must be able to do; null: nothing special
   */
  Verb(Set<State> states, Set<Goal> before, Goal after, String capability) {
    this.states = Set.copyOf(states);
    this.before = Set.copyOf(before);
    this.after = after;
    this.capability = capability;
  }

  Verb(Set<State> states, Goal before, Goal after, String capability) {
    this(states, Set.of(before), after, capability);
  }

  /** What the node of the workspace must have said that it can do. */
  public Optional<String> capability(Workspace workspace) {
    return Optional.ofNullable(capability);
  }

  /** Whether nothing else is on its way that this would have to wait for. */
  boolean reached(Workspace workspace) {
    return before.isEmpty() || before.contains(workspace.goal());
  }

  /** Whether the workspace is on its way there, or there, already. */
  public boolean wished(Workspace workspace) {
    return !workspace.ended() && workspace.goal() == after;
  }

  /**
   * Whether this may be asked of the workspace now. Nothing but its end is asked of one whose node
   * is silent: the node could not be told, and would end the guest with the lease that it knows.
   *
   * @throws RefusedException CONFLICT when its state does not allow it, SITE when its node is
   *     silent
   */
  public void requireAllowed(Workspace workspace, Instant now) {
    if (workspace.ended() || workspace.goal() == Goal.DESTROY) {
      throw conflict(
              workspace,
              "workspace.ended",
              workspace.ended() ? "it is " + workspace.state() : "it is being destroyed")
          .advice("deploy again")
          .toException();
    }
    if (workspace.lease().endedAt(now)) {
      throw conflict(workspace, "lease.over", "its lease ended at " + workspace.lease().ends())
          .advice("deploy again")
          .fact("leaseEnds", workspace.lease().ends())
          .toException();
    }
    if (workspace.state() == State.UNKNOWN) {
      throw Refusal.of(
              Refusal.Category.SITE,
              "node.silent",
              "node "
                  + workspace.node().orElse("?")
                  + " of workspace "
                  + workspace.id()
                  + " is silent; it can only be destroyed")
          .advice("ask again once the node is heard; if it stays so, tell the site's operators")
          .fact("node", workspace.node().orElse("?"))
          .toException();
    }
    if (!states.contains(workspace.state())) {
      throw conflict(
              workspace,
              "workspace.state",
              "expected "
                  + states.stream().sorted().map(State::name).collect(Collectors.joining(" or "))
                  + ", found "
                  + workspace.state())
          .fact("state", workspace.state())
          .toException();
    }
    if (!reached(workspace)) {
      throw conflict(
              workspace,
              "workspace.busy",
              "it is " + workspace.state() + " and on its way to another goal, " + workspace.goal())
          .advice("wait until it is there, or destroy it")
          .fact("goal", workspace.goal())
          .toException();
    }
  }

  private String words() {
    return switch (this) {
      case ROLLBACK -> "roll back";
      case DELETE_SNAPSHOT -> "delete a snapshot of";
      default -> name().toLowerCase(Locale.ROOT);
    };
  }

  private Refusal conflict(Workspace workspace, String code, String why) {
    return Refusal.of(
            Refusal.Category.CONFLICT,
            code,
            "cannot " + words() + " workspace " + workspace.id() + ": " + why)
        .fact("workspace", workspace.id());
  }
}
