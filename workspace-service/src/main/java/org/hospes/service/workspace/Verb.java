package org.hospes.service.workspace;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What may be asked of a workspace that is there, and in which states. To destroy may be asked
 * always and is no row of this table: it wins over everything.
 */
public enum Verb {
  /** The lease ends later. */
  EXTEND(EnumSet.of(State.REQUESTED, State.PLACED, State.STAGED, State.RUNNING));

  private final Set<State> states;

  Verb(Set<State> states) {
    this.states = Set.copyOf(states);
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
  }

  private Refusal conflict(Workspace workspace, String code, String why) {
    return Refusal.of(
            Refusal.Category.CONFLICT,
            code,
            "cannot "
                + name().toLowerCase(Locale.ROOT)
                + " workspace "
                + workspace.id()
                + ": "
                + why)
        .fact("workspace", workspace.id());
  }
}
