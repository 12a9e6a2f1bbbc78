package org.hospes.service.lifecycle;

import org.hospes.service.node.Guest;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/** STAGED: have the node boot the guest. */
final class StartStep implements Step {
  private final NodeCalls node;
  private final Moves moves;

  StartStep(NodeCalls node, Moves moves) {
    this.node = node;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    Guest guest = node.start(workspace);
    if (guest.refusedToStart()) {
      // It ran before, as a database that came back older does not know.
      moves.save(
          workspace,
          workspace.moveTo(State.RUNNING, "the guest ran here before", moves.now()),
          SavedMove.STARTED);
      return Next.now();
    }
    return switch (guest.phase()) {
      case RUNNING, ENDED -> {
        Workspace told = workspace.told(guest.address(), guest.forwards(), guest.moments());
        moves.save(
            workspace,
            told.moveTo(
                State.RUNNING, "the guest runs on " + workspace.node().orElseThrow(), moves.now()),
            SavedMove.STARTED);
        yield Next.now();
      }
      case STARTING,
          PREPARED,
          PREPARING,
          PAUSED,
          STOPPING,
          STOPPED,
          SUSPENDING,
          SUSPENDED,
          COPYING,
          RECEIVING ->
          Next.poll();
      case FAILED -> {
        NodeRefusedException refused = StageStep.refused(guest, workspace);
        if (refused.refusal().category().transientByNature()) {
          // A failed guest stays failed at its node; it is prepared once more.
          node.remove(workspace);
        }
        throw refused;
      }
      case ABSENT, REMOVING -> {
        // It never ran, so nothing is lost by making it once more.
        moves.save(
            workspace,
            workspace.moveTo(
                State.PLACED,
                workspace.node().orElseThrow() + " lost what it had prepared; it prepares again",
                moves.now()),
            SavedMove.STAGING_AGAIN);
        yield Next.now();
      }
    };
  }
}
