package org.hospes.service.lifecycle;

import java.time.Duration;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Workspace;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While a guest that is to migrate still runs, the target copies its disks, and then its memory
 * while that is written; what is copied is compared once it is handed over, so that only what
 * changed since has to travel while the guest stands still. Nothing of this is saved and nothing
 * depends on it: between nodes that do not know of it, and whenever it fails, all travels then.
 */
final class CopyAhead {
  private static final Logger LOG = LoggerFactory.getLogger(CopyAhead.class);

  /** Since the wish: a disk that takes longer is copied as far as it comes. */
  private static final Duration WITHIN = Duration.ofMinutes(10);

  private final NodeCalls node;
  private final Moves moves;

  CopyAhead(NodeCalls node, Moves moves) {
    this.node = node;
    this.moves = moves;
  }

  /** Whether there is nothing more to be gained by letting the guest run on. */
  boolean over(Workspace workspace) {
    Migration wish = workspace.migrations().now().orElseThrow();
    if (Rehearsal.RESTS.contains(node.lastSeen(workspace))
        || Duration.between(wish.since(), moves.now()).compareTo(WITHIN) > 0) {
      return true;
    }
    try {
      return node.copiedAhead(workspace);
    } catch (NodeUnreachableException | NodeRefusedException e) {
      LOG.info("workspace={} is not copied ahead: {}", workspace.id(), e.getMessage());
      return true;
    }
  }
}
