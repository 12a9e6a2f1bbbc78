package org.hospes.service.lifecycle;

import org.hospes.service.node.Guest;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/**
 * STOPPED or PAUSED, wanted running: have the node start the guest with the disk that it left, or
 * let it run on. What the node refuses is final: to prepare it once more would give it another
 * disk.
 */
final class StartAgainStep implements Step {
  private final NodeCalls node;
  private final Losses losses;
  private final Moves moves;
  private final SavedMove move;

  StartAgainStep(NodeCalls node, Losses losses, Moves moves, SavedMove move) {
    this.node = node;
    this.losses = losses;
    this.moves = moves;
    this.move = move;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    Guest guest = node.start(workspace);
    return switch (guest.phase()) {
      case RUNNING, ENDED -> {
        Workspace told = workspace.told(guest.address(), guest.forwards(), guest.moments());
        moves.save(
            workspace,
            told.moveTo(
                State.RUNNING,
                "the guest runs again on " + workspace.node().orElseThrow(),
                moves.now()),
            move);
        yield Next.now();
      }
      case STARTING, PAUSED, STOPPING, STOPPED, REMOVING -> Next.poll();
      case FAILED -> losses.failed(workspace, guest);
      case ABSENT, PREPARING, PREPARED -> losses.lost(workspace, guest);
    };
  }
}
