package org.hospes.service.lifecycle;

import org.hospes.service.node.Guest;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/** RUNNING, wanted stopped: have the node end the guest and keep its disks. */
final class StopStep implements Step {
  private final NodeCalls node;
  private final Losses losses;
  private final Moves moves;

  StopStep(NodeCalls node, Losses losses, Moves moves) {
    this.node = node;
    this.losses = losses;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    Guest guest = node.stop(workspace);
    return switch (guest.phase()) {
      case STOPPED -> {
        Workspace told = workspace.told(guest.address(), guest.forwards(), guest.moments());
        moves.save(
            workspace,
            told.moveTo(
                State.STOPPED,
                "stopped; its disk is kept on " + workspace.node().orElseThrow(),
                moves.now()),
            SavedMove.STOPPED);
        yield Next.now();
      }
      case STOPPING, STARTING, RUNNING, PAUSED, ENDED, REMOVING -> Next.poll();
      case FAILED -> losses.failed(workspace, guest);
      case ABSENT, PREPARING, PREPARED -> losses.lost(workspace, guest);
    };
  }
}
