package org.hospes.service.lifecycle;

import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Workspace;

/** Wanted gone, and perhaps on a node: have the node undo all it did. */
final class UnwindStep implements Step {
  private final NodeRegistry registry;
  private final NodeCalls node;
  private final Moves moves;

  UnwindStep(NodeRegistry registry, NodeCalls node, Moves moves) {
    this.registry = registry;
    this.node = node;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    boolean gone = node.remove(workspace).phase() == GuestPhase.ABSENT;
    for (String name : workspace.migrations().leftOn()) {
      // What a silent node has of it can go on nowhere; the node is told when it is heard again.
      if (!registry.silent(name)) {
        gone &= node.removeFrom(name, workspace).phase() == GuestPhase.ABSENT;
      }
    }
    if (!gone) {
      return Next.poll();
    }
    moves.end(workspace, workspace.reason());
    return Next.never();
  }
}
