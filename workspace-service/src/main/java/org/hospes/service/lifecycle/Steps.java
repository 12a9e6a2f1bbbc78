package org.hospes.service.lifecycle;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hospes.service.lifecycle.AskStep.Aim;
import org.hospes.service.lifecycle.AskStep.Asking;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;

/** One step for each state and goal: the whole lifecycle in one table. */
final class Steps {
  private final Map<Goal, Map<State, Step>> towards = new EnumMap<>(Goal.class);
  private final NodeRegistry registry;
  private final LifecycleTimes times;
  private final NodeCalls node;
  private final Losses losses;
  private final Moves moves;
  private final Remains remains;

  Steps(
      WorkspaceRepository workspaces,
      NodeRegistry registry,
      NodeGateway gateway,
      NewestPapers newest,
      Placement placement,
      Moves moves,
      LifecycleTimes times) {
    Waits waits = new Waits(times.longestWait(), times.workers() / 2, times.waitsAtOneNode());
    this.registry = registry;
    this.times = times;
    this.node = new NodeCalls(gateway, registry, workspaces, newest, waits);
    this.losses = new Losses(moves);
    this.moves = moves;
    this.remains = new Remains(registry, workspaces, node, moves);
    Step ended = (workspace, attempt) -> Next.never();
    Step nowhere =
        (workspace, attempt) -> {
          moves.end(workspace, workspace.reason());
          return Next.never();
        };
    Step unwind = new UnwindStep(registry, node, moves);
    Map<State, Step> always =
        Map.of(
            State.UNKNOWN,
            new SilentStep(registry, node, moves, times.lookAgain(), times.leaseGrace()),
            State.DESTROYED,
            ended,
            State.FAILED,
            ended);
    // Only what ran is ever wanted otherwise; an older database is brought to run first.
    Map<State, Step> untilItRuns =
        Map.of(
            State.REQUESTED, new PlaceStep(placement, registry, workspaces, moves),
            State.PLACED, new StageStep(node, moves),
            State.STAGED, new StartStep(node, moves));
    Step resume = ask(node::start, runs(SavedMove.RESUMED));
    Step startAgain = ask(node::start, runs(SavedMove.STARTED_AGAIN));
    Step pause =
        ask(
            node::pause,
            new Aim(Set.of(GuestPhase.PAUSED), false, State.PAUSED, SavedMove.PAUSED, "paused on"));
    Step stop =
        ask(
            node::stop,
            new Aim(
                Set.of(GuestPhase.STOPPED),
                true,
                State.STOPPED,
                SavedMove.STOPPED,
                "stopped; its disk is kept on"));
    row(
        Goal.RUN,
        always,
        untilItRuns,
        Map.of(
            State.RUNNING, watch(GuestPhase.RUNNING, node::start),
            State.PAUSED, resume,
            State.SUSPENDED, resume,
            State.STOPPED, startAgain));
    row(
        Goal.PAUSE,
        always,
        untilItRuns,
        Map.of(
            State.RUNNING, pause,
            State.PAUSED, watch(GuestPhase.PAUSED, node::pause),
            State.SUSPENDED, resume,
            State.STOPPED, startAgain));
    Step suspend =
        ask(
            node::suspend,
            new Aim(
                Set.of(GuestPhase.SUSPENDED),
                false,
                State.SUSPENDED,
                SavedMove.SUSPENDED,
                "suspended; its memory is kept on"));
    row(
        Goal.SUSPEND,
        always,
        untilItRuns,
        Map.of(
            State.RUNNING, suspend,
            State.PAUSED, resume,
            State.SUSPENDED, watch(GuestPhase.SUSPENDED, node::suspend),
            State.STOPPED, startAgain));
    row(
        Goal.STOP,
        always,
        untilItRuns,
        Map.of(
            State.RUNNING, stop,
            State.PAUSED, stop,
            State.SUSPENDED, resume,
            State.STOPPED, watch(GuestPhase.STOPPED, node::stop)));
    Step switchOff =
        ask(
            node::stop,
            new Aim(
                    Set.of(GuestPhase.STOPPED),
                    true,
                    State.STOPPED,
                    SavedMove.OFF_TO_REBOOT,
                    "off, to be started again on")
                .then(Goal.RUN));
    row(
        Goal.REBOOT,
        always,
        untilItRuns,
        Map.of(
            State.RUNNING,
            switchOff,
            State.PAUSED,
            resume,
            State.SUSPENDED,
            resume,
            // Found so on a node that was silent when it came to its stop.
            State.STOPPED,
            ask(node::start, runs(SavedMove.STARTED_AGAIN).then(Goal.RUN))));
    Step snapshot = new SnapshotStep(node, losses, moves);
    Map<State, Step> offFirst = Map.of(State.RUNNING, stop, State.PAUSED, stop);
    for (Goal goal : List.of(Goal.SNAPSHOT, Goal.ROLLBACK, Goal.DELETE_SNAPSHOT)) {
      row(
          goal,
          always,
          untilItRuns,
          offFirst,
          Map.of(State.SUSPENDED, snapshot, State.STOPPED, snapshot));
    }
    Step migrate = new MigrateStep(registry, node, losses, moves, times, suspend, stop);
    row(
        Goal.MIGRATE,
        always,
        untilItRuns,
        Map.of(
            State.RUNNING, migrate,
            State.PAUSED, resume,
            State.SUSPENDED, migrate,
            State.STOPPED, migrate));
    row(
        Goal.FLATTEN,
        always,
        untilItRuns,
        offFirst,
        Map.of(State.SUSPENDED, resume, State.STOPPED, snapshot));
    row(
        Goal.DESTROY,
        always,
        Map.of(
            State.REQUESTED, nowhere,
            State.PLACED, unwind,
            State.STAGED, unwind,
            State.RUNNING, unwind,
            State.PAUSED, unwind,
            State.SUSPENDED, unwind,
            State.STOPPED, unwind));
  }

  @SafeVarargs
  private void row(Goal goal, Map<State, Step>... parts) {
    Map<State, Step> row = new EnumMap<>(State.class);
    for (Map<State, Step> part : parts) {
      row.putAll(part);
    }
    for (State state : State.values()) {
      if (!row.containsKey(state)) {
        throw new IllegalStateException("nothing is done for " + state + " towards " + goal);
      }
    }
    towards.put(goal, row);
  }

  private Step ask(Asking asking, Aim aim) {
    return new AskStep(asking, aim, losses, moves);
  }

  /** It runs again, or did and has ended since, which the next look tells. */
  private static Aim runs(SavedMove move) {
    return new Aim(
        Set.of(GuestPhase.RUNNING, GuestPhase.ENDED),
        true,
        State.RUNNING,
        move,
        "the guest runs again on");
  }

  private Step watch(GuestPhase wanted, Asking asking) {
    return new WatchStep(wanted, asking, registry, node, losses, moves, times.lookAgain());
  }

  Step of(Workspace workspace) {
    return towards.get(workspace.goal()).get(workspace.state());
  }

  Remains remains() {
    return remains;
  }
}
