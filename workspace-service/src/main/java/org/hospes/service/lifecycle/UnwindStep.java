package org.hospes.service.lifecycle;

import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Workspace;

/** Wanted gone, and perhaps on a node: have the node undo all it did. */
final class UnwindStep implements Step {
  private final NodeCalls node;
  private final Moves moves;

  UnwindStep(NodeCalls node, Moves moves) {
    this.node = node;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    if (node.remove(workspace).phase() != GuestPhase.ABSENT) {
      return Next.poll();
    }
    moves.end(workspace, workspace.reason());
    return Next.never();
  }
}
