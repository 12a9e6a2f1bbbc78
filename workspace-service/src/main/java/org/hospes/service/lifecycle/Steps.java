package org.hospes.service.lifecycle;

import java.time.Duration;
import java.util.Map;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;

/** One step for each state and goal: the whole lifecycle in one table. */
final class Steps {
  private final Map<State, Step> towardsRun;
  private final Map<State, Step> towardsPause;
  private final Map<State, Step> towardsStop;
  private final Map<State, Step> towardsDestroy;

  Steps(
      WorkspaceRepository workspaces,
      NodeRegistry registry,
      NodeGateway gateway,
      Placement placement,
      Moves moves,
      LifecycleTimes times) {
    Waits waits = new Waits(times.longestWait(), times.workers() / 2, times.waitsAtOneNode());
    NodeCalls node = new NodeCalls(gateway, registry, workspaces, waits);
    Step ended = (workspace, attempt) -> Next.never();
    Step nowhere =
        (workspace, attempt) -> {
          moves.end(workspace, workspace.reason());
          return Next.never();
        };
    Step unwind = new UnwindStep(node, moves);
    Step silent = new SilentStep(registry, node, moves, times.lookAgain(), times.leaseGrace());
    Losses losses = new Losses(moves);
    Step place = new PlaceStep(placement, registry, workspaces, moves);
    Step stage = new StageStep(node, moves);
    Step start = new StartStep(node, moves);
    Duration lookAgain = times.lookAgain();
    towardsRun =
        Map.of(
            State.REQUESTED, place,
            State.PLACED, stage,
            State.STAGED, start,
            State.RUNNING,
                new WatchStep(GuestPhase.RUNNING, registry, node, losses, moves, lookAgain),
            State.PAUSED, new StartAgainStep(node, losses, moves, SavedMove.RESUMED),
            State.STOPPED, new StartAgainStep(node, losses, moves, SavedMove.STARTED_AGAIN),
            State.UNKNOWN, silent,
            State.DESTROYED, ended,
            State.FAILED, ended);
    towardsPause =
        Map.of(
            State.REQUESTED, place,
            State.PLACED, stage,
            State.STAGED, start,
            State.RUNNING, new PauseStep(node, losses, moves),
            State.PAUSED,
                new WatchStep(GuestPhase.PAUSED, registry, node, losses, moves, lookAgain),
            State.STOPPED, new StartAgainStep(node, losses, moves, SavedMove.STARTED_AGAIN),
            State.UNKNOWN, silent,
            State.DESTROYED, ended,
            State.FAILED, ended);
    // Only what ran is ever wanted paused or stopped; an older database is brought there first.
    towardsStop =
        Map.of(
            State.REQUESTED, place,
            State.PLACED, stage,
            State.STAGED, start,
            State.RUNNING, new StopStep(node, losses, moves),
            State.PAUSED, new StopStep(node, losses, moves),
            State.STOPPED,
                new WatchStep(GuestPhase.STOPPED, registry, node, losses, moves, lookAgain),
            State.UNKNOWN, silent,
            State.DESTROYED, ended,
            State.FAILED, ended);
    towardsDestroy =
        Map.of(
            State.REQUESTED, nowhere,
            State.PLACED, unwind,
            State.STAGED, unwind,
            State.RUNNING, unwind,
            State.PAUSED, unwind,
            State.STOPPED, unwind,
            State.UNKNOWN, silent,
            State.DESTROYED, ended,
            State.FAILED, ended);
  }

  Step of(Workspace workspace) {
    Map<State, Step> towardsGoal =
        switch (workspace.goal()) {
          case RUN -> towardsRun;
          case PAUSE -> towardsPause;
          case STOP -> towardsStop;
          case DESTROY -> towardsDestroy;
        };
    return towardsGoal.get(workspace.state());
  }
}
