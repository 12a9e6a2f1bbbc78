package org.hospes.service.lifecycle;

import java.time.Duration;
import org.hospes.service.node.Guest;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
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
