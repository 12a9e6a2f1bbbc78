package org.hospes.service.lifecycle;

import java.util.Optional;
import java.util.Set;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/**
 * A guest that ran is wanted otherwise: have the node bring it there, and move once it is. What the
 * node refuses is final unless it may pass: to prepare the guest once more would give it another
 * disk.
 */
final class AskStep implements Step {
  private final Asking asking;
  private final Aim aim;
  private final Losses losses;
  private final Moves moves;

  /** One call to the node that has the guest; repeated until the guest is where it is wanted. */
  interface Asking {
    Guest of(Workspace workspace) throws NodeUnreachableException, NodeRefusedException;
  }

  /**
   * What is wanted.
   *
   * @param reached the phases in which the guest is there
   * @param survivesItsEnd whether a guest that ended by itself meanwhile can still be brought there
   * @param state what the workspace is then
   * @param goal what is wanted from then on, saved with the state; empty: as before
   * @param why said of it for people; the node's name follows
   */
  record Aim(
      Set<GuestPhase> reached,
      boolean survivesItsEnd,
      State state,
      SavedMove move,
      Optional<Goal> goal,
      String why) {
    /** One after which nothing else is wanted. */
    Aim(Set<GuestPhase> reached, boolean survivesItsEnd, State state, SavedMove move, String why) {
      this(reached, survivesItsEnd, state, move, Optional.empty(), why);
    }

    /** The same, and another goal from then on. */
    Aim then(Goal next) {
      return new Aim(reached, survivesItsEnd, state, move, Optional.of(next), why);
    }
  }

  AskStep(Asking asking, Aim aim, Losses losses, Moves moves) {
    this.asking = asking;
    this.aim = aim;
    this.losses = losses;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    Guest guest = asking.of(workspace);
    if (aim.reached().contains(guest.phase())) {
      Workspace told = workspace.told(guest.address(), guest.forwards(), guest.moments());
      String why = aim.why() + " " + workspace.node().orElseThrow();
      Workspace there = told.moveTo(aim.state(), why, moves.now());
      moves.save(
          workspace, aim.goal().map(next -> there.wanted(next, why)).orElse(there), aim.move());
      return Next.now();
    }
    if (guest.refusedToStart()) {
      return losses.notStarted(workspace, guest);
    }
    return switch (guest.phase()) {
      case STARTING ->
          guest.refusal().isPresent() ? losses.triesAgain(workspace, guest) : Next.poll();
      case RUNNING,
          PAUSED,
          STOPPING,
          STOPPED,
          SUSPENDING,
          SUSPENDED,
          COPYING,
          RECEIVING,
          REMOVING ->
          Next.poll();
      case ENDED ->
          aim.survivesItsEnd() ? Next.poll() : losses.ended(workspace, "the guest ended by itself");
      case FAILED -> losses.failed(workspace, guest);
      case ABSENT, PREPARING, PREPARED -> losses.lost(workspace, guest);
    };
  }
}
