package org.hospes.service.lifecycle;

import java.time.Duration;
import java.util.List;
import org.hospes.service.node.Guest;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/**
 * UNKNOWN: its node is silent. Nothing of it starts elsewhere. When the node speaks again, it is
 * asked what is true; when the lease is over and the node's own grace with it, the node has ended
 * the guest by itself, and if it comes back with remains, it is told that they are unwanted.
 */
final class SilentStep implements Step {
  private final NodeRegistry registry;
  private final NodeCalls node;
  private final Moves moves;
  private final Duration lookAgain;
  private final Duration leaseGrace;

  SilentStep(
      NodeRegistry registry, NodeCalls node, Moves moves, Duration lookAgain, Duration leaseGrace) {
    this.registry = registry;
    this.node = node;
    this.moves = moves;
    this.lookAgain = lookAgain;
    this.leaseGrace = leaseGrace;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    String name = workspace.node().orElseThrow();
    if (registry.silent(name)) {
      if (workspace.lease().endedAt(moves.now().minus(leaseGrace))) {
        moves.end(
            workspace, "the lease is over; " + name + " is silent and ends the guest by itself");
        return Next.never();
      }
      return Next.after(lookAgain);
    }
    Guest guest = node.inspect(workspace);
    State found =
        switch (guest.phase()) {
          case COPYING -> lastOff(workspace);
          case STOPPED -> State.STOPPED;
          case SUSPENDED -> State.SUSPENDED;
          case PAUSED -> State.PAUSED;
          case RUNNING -> State.RUNNING;
          case PREPARED, STARTING -> workspace.everRan() ? State.RUNNING : State.STAGED;
          default -> workspace.everRan() ? State.RUNNING : State.PLACED;
        };
    moves.save(
        workspace,
        workspace
            .told(guest.address(), guest.forwards(), guest.moments())
            .moveTo(found, name + " is heard again; the guest is " + guest.phase(), moves.now()),
        SavedMove.FOUND_AGAIN);
    return Next.now();
  }

  /** What is copied was stopped or suspended before; what it is afterwards, the outcome tells. */
  private static State lastOff(Workspace workspace) {
    List<Moment> timeline = workspace.timeline();
    for (int i = timeline.size() - 1; i >= 0; i--) {
      if (timeline.get(i).what().equals(State.SUSPENDED.name())) {
        return State.SUSPENDED;
      } else if (timeline.get(i).what().equals(State.STOPPED.name())) {
        return State.STOPPED;
      }
    }
    return State.STOPPED;
  }
}
