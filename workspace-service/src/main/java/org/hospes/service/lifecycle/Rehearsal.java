package org.hospes.service.lifecycle;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Workspace;

/**
 * While a guest that is to migrate still runs, the target prepares the same workspace as one that
 * is new there, and clears it away again: it has the image fetched and verified then, and what
 * would not let it take the guest is known before the guest stands still for it. What was prepared
 * never starts, since the workspace is at the source. Nothing of this is saved; a service that was
 * started again has it done again, which costs little then.
 */
final class Rehearsal {
  /** The guest stands still already, or is about to: there is nothing to be gained. */
  static final Set<GuestPhase> RESTS =
      EnumSet.of(
          GuestPhase.SUSPENDING, GuestPhase.SUSPENDED, GuestPhase.STOPPING, GuestPhase.STOPPED);

  private final NodeCalls node;
  private final Set<String> prepared = ConcurrentHashMap.newKeySet();
  private final Set<String> done = ConcurrentHashMap.newKeySet();

  Rehearsal(NodeCalls node) {
    this.node = node;
  }

  /**
   * Goes one step on.
   *
   * @return whether it is over
   * @throws NodeRefusedException for the reason that the target would not take the guest
   */
  boolean over(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Migration wish = workspace.migrations().now().orElseThrow();
    if (done.contains(wish.wish()) || RESTS.contains(node.lastSeen(workspace))) {
      return true;
    }
    if (!prepared.contains(wish.wish())) {
      Guest there = node.prepareAtTarget(workspace);
      switch (there.phase()) {
        case PREPARED -> prepared.add(wish.wish());
        case FAILED -> throw StageStep.refused(there, wish.to());
        case ABSENT, PREPARING, REMOVING -> {
          return false;
        }
        default -> done.add(wish.wish());
      }
    }
    if (prepared.contains(wish.wish())
        && node.removeFrom(wish.to(), workspace).phase() == GuestPhase.ABSENT) {
      done.add(wish.wish());
    }
    return done.contains(wish.wish());
  }

  /** That it will not be asked for any more. */
  void forget(Migration wish) {
    prepared.remove(wish.wish());
    done.remove(wish.wish());
  }
}
