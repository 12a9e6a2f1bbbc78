package org.hospes.service.lifecycle;

import java.util.Map;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;

/** One step for each state and goal: the whole lifecycle in one table. */
final class Steps {
  private final Map<State, Step> towardsRun;
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
    towardsRun =
        Map.of(
            State.REQUESTED, new PlaceStep(placement, registry, workspaces, moves),
            State.PLACED, new StageStep(node, moves),
            State.STAGED, new StartStep(node, moves),
            State.RUNNING, new WatchStep(registry, node, moves, times.lookAgain()),
            State.UNKNOWN, silent,
            State.DESTROYED, ended,
            State.FAILED, ended);
    towardsDestroy =
        Map.of(
            State.REQUESTED, nowhere,
            State.PLACED, unwind,
            State.STAGED, unwind,
            State.RUNNING, unwind,
            State.UNKNOWN, silent,
            State.DESTROYED, ended,
            State.FAILED, ended);
  }

  Step of(Workspace workspace) {
    return (workspace.goal() == Goal.RUN ? towardsRun : towardsDestroy).get(workspace.state());
  }
}
