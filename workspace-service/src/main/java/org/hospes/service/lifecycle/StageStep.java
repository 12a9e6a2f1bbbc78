package org.hospes.service.lifecycle;

import java.util.Optional;
import org.hospes.service.node.Guest;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.node.Progress;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/** PLACED: have the node fetch and verify the image and make all that the guest needs. */
final class StageStep implements Step {
  private final NodeCalls node;
  private final Moves moves;

  StageStep(NodeCalls node, Moves moves) {
    this.node = node;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    Guest guest = node.prepare(workspace);
    return switch (guest.phase()) {
      case PREPARED,
          STARTING,
          RUNNING,
          PAUSED,
          STOPPING,
          STOPPED,
          SUSPENDING,
          SUSPENDED,
          COPYING,
          ENDED -> {
        Workspace told = workspace.told(guest.address(), guest.forwards(), guest.moments());
        moves.save(
            workspace,
            told.moveTo(
                State.STAGED,
                workspace.node().orElseThrow() + " verified the image and prepared the guest",
                moves.now(),
                guest.progress().flatMap(Progress::summary)),
            SavedMove.STAGED);
        yield Next.now();
      }
      case PREPARING, RECEIVING -> Next.poll();
      case FAILED -> throw clearedAndRefused(guest, workspace);
      case ABSENT, REMOVING -> Next.retry();
    };
  }

  // A failed guest stays failed at its node; what may go better next time starts from nothing.
  private NodeRefusedException clearedAndRefused(Guest guest, Workspace workspace)
      throws NodeUnreachableException, NodeRefusedException {
    NodeRefusedException refused = refused(guest, workspace);
    if (refused.refusal().category().transientByNature()) {
      node.remove(workspace);
    }
    return refused;
  }

  /** What its node says of a guest that failed, as an exception. */
  static NodeRefusedException refused(Guest guest, Workspace workspace) {
    return refused(guest, workspace.node().orElse("?"));
  }

  /** The same of that node. */
  static NodeRefusedException refused(Guest guest, String node) {
    return new NodeRefusedException(
        Optional.of(guest)
            .flatMap(Guest::refusal)
            .orElseGet(
                () ->
                    Refusal.of(
                        Refusal.Category.SITE,
                        "node.guest.failed",
                        "node " + node + " failed with the guest and did not say why")));
  }
}
