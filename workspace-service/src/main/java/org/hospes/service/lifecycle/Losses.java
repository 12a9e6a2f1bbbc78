package org.hospes.service.lifecycle;

import java.time.Duration;
import java.util.Optional;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/** What becomes of a workspace whose guest had been running and is not there as it should be. */
final class Losses {
  private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(60);

  private final Moves moves;

  Losses(Moves moves) {
    this.moves = moves;
  }

  /** The node says that it failed. */
  Next failed(Workspace workspace, Guest guest) {
    moves.save(
        workspace,
        workspace.refused(StageStep.refused(guest, workspace).refusal()),
        SavedMove.REFUSED);
    return Next.now();
  }

  /**
   * Its node would not start it, and keeps all that it has: so does the workspace, which is wanted
   * as it is until somebody asks again.
   */
  Next notStarted(Workspace workspace, Guest guest) {
    Refusal why = guest.refusal().orElseThrow();
    State there = guest.phase() == GuestPhase.SUSPENDED ? State.SUSPENDED : State.STOPPED;
    moves.save(
        workspace,
        workspace
            .told(guest.address(), guest.forwards(), guest.moments())
            .atRest(
                there,
                guest.snapshots().kept(),
                guest.snapshots().flat(),
                Optional.of(why),
                (there == State.SUSPENDED ? "suspended; not resumed: " : "stopped; not started: ")
                    + why.message(),
                moves.now()),
        SavedMove.START_REFUSED);
    return Next.now();
  }

  /** Its node starts it and could not yet. */
  Next triesAgain(Workspace workspace, Guest guest) {
    Workspace unused =
        moves.note(workspace, "not started yet: " + guest.refusal().orElseThrow().message());
    return Next.retry();
  }

  /** The guest ended as it may. */
  Next ended(Workspace workspace, String why) {
    moves.save(workspace, workspace.wantedGone(why), SavedMove.GUEST_ENDED);
    return Next.now();
  }

  /** The node has nothing of it any more. */
  Next lost(Workspace workspace, Guest guest) {
    if (workspace.lease().endedAt(moves.now().plus(CLOCKS_DIFFER))) {
      return ended(workspace, "the node ended the guest at the end of its lease");
    }
    String name = workspace.node().orElseThrow();
    Refusal lost =
        Refusal.of(
                Refusal.Category.SITE,
                "node.guest.lost",
                "node " + name + " no longer has the guest, which had been running")
            .advice("the node was probably restarted; deploy again")
            .fact("node", name)
            .fact("phase", guest.phase());
    moves.save(workspace, workspace.refused(lost), SavedMove.REFUSED);
    return Next.now();
  }
}
