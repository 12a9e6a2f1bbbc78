package org.hospes.service.lifecycle;

import org.hospes.service.node.Guest;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/** RUNNING, wanted paused: have the node stop the guest's processors. */
final class PauseStep implements Step {
  private final NodeCalls node;
  private final Losses losses;
  private final Moves moves;

  PauseStep(NodeCalls node, Losses losses, Moves moves) {
    this.node = node;
    this.losses = losses;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    Guest guest = node.pause(workspace);
    return switch (guest.phase()) {
      case PAUSED -> {
        Workspace told = workspace.told(guest.address(), guest.forwards(), guest.moments());
        moves.save(
            workspace,
            told.moveTo(State.PAUSED, "paused on " + workspace.node().orElseThrow(), moves.now()),
            SavedMove.PAUSED);
        yield Next.now();
      }
      case RUNNING, STARTING, STOPPING, STOPPED, REMOVING -> Next.poll();
      case ENDED -> losses.ended(workspace, "the guest ended by itself");
      case FAILED -> losses.failed(workspace, guest);
      case ABSENT, PREPARING, PREPARED -> losses.lost(workspace, guest);
    };
  }
}
