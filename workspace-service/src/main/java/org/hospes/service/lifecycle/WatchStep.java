package org.hospes.service.lifecycle;

import java.time.Duration;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/** As it was wanted, RUNNING, PAUSED, STOPPED or SUSPENDED: see that it stays so. */
final class WatchStep implements Step {
  private final GuestPhase wanted;
  private final AskStep.Asking asking;
  private final NodeRegistry registry;
  private final NodeCalls node;
  private final Losses losses;
  private final Moves moves;
  private final Duration lookAgain;

  /**
   * @param asking has the node bring the guest there once more
   */
  WatchStep(
      GuestPhase wanted,
      AskStep.Asking asking,
      NodeRegistry registry,
      NodeCalls node,
      Losses losses,
      Moves moves,
      Duration lookAgain) {
    this.wanted = wanted;
    this.asking = asking;
    this.registry = registry;
    this.node = node;
    this.losses = losses;
    this.moves = moves;
    this.lookAgain = lookAgain;
  }

  @Override
  public Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    String name = workspace.node().orElseThrow();
    if (registry.find(name).isEmpty()) {
      return Next.after(lookAgain);
    }
    Guest guest = registry.guest(name, workspace.id()).orElse(Guest.absent(workspace.id()));
    boolean missing = registry.reportedWithout(name, workspace.id(), workspace.lease().starts());
    boolean other =
        !guest.snapshots().kept().equals(workspace.snapshots().kept())
            || !guest.snapshots().flat().equals(workspace.snapshots().flat());
    if (guest.phase() != wanted || missing || other) {
      // A report may be older than the last move: before anything is concluded, the node is asked.
      guest = node.inspect(workspace);
    }
    return guest.phase() == wanted ? asWanted(workspace, guest) : otherwise(workspace, guest);
  }

  private Next asWanted(Workspace workspace, Guest found) throws NodeUnreachableException {
    Guest guest = found;
    if (guest.leaseEnds().filter(workspace.lease().ends()::isAfter).isPresent()) {
      try {
        guest = node.renew(workspace);
      } catch (NodeRefusedException e) {
        // A guest is not ended for this; with its old lease the node would.
        moves.note(workspace, "the node does not take the new lease: " + e.getMessage());
        return Next.after(lookAgain);
      }
    }
    Workspace told =
        workspace
            .told(guest.address(), guest.forwards(), guest.moments())
            .toldSnapshots(guest.snapshots().kept(), guest.snapshots().flat());
    if (!told.equals(workspace)) {
      moves.save(workspace, told, SavedMove.NOTED);
    }
    return Next.after(lookAgain);
  }

  private Next otherwise(Workspace workspace, Guest guest)
      throws NodeUnreachableException, NodeRefusedException {
    if (wanted == GuestPhase.RUNNING && guest.refusedToStart()) {
      // It began anew by itself. It is asked for once, as its owner would.
      moves.save(
          workspace,
          workspace
              .told(guest.address(), guest.forwards(), guest.moments())
              .moveTo(
                  guest.phase() == GuestPhase.SUSPENDED ? State.SUSPENDED : State.STOPPED,
                  "not started again by its node: " + guest.refusal().get().message(),
                  moves.now()),
          SavedMove.STOPPED);
      return Next.now();
    }
    boolean inVain = guest.phase() == GuestPhase.STARTING && guest.refusal().isPresent();
    if (wanted == GuestPhase.RUNNING && inVain) {
      // It began anew by itself, with the papers that its node was told last.
      Guest unused = asking.of(workspace);
      return losses.triesAgain(workspace, guest);
    }
    return switch (guest.phase()) {
      case RUNNING, PAUSED, STOPPED, SUSPENDED -> {
        // The node knows of a later wish than a database that came back older: this one counts.
        Guest unused = asking.of(workspace);
        yield Next.poll();
      }
      case STARTING, STOPPING, SUSPENDING, COPYING, RECEIVING, REMOVING -> Next.poll();
      case FAILED -> losses.failed(workspace, guest);
      case ENDED -> losses.ended(workspace, "the guest ended by itself");
      case ABSENT, PREPARING, PREPARED -> losses.lost(workspace, guest);
    };
  }
}
