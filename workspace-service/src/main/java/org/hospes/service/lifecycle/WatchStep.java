package org.hospes.service.lifecycle;

import java.time.Duration;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Workspace;

/** RUNNING: see that it still does. */
final class WatchStep implements Step {
  private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(60);

  private final NodeRegistry registry;
  private final NodeCalls node;
  private final Moves moves;
  private final Duration lookAgain;

  WatchStep(NodeRegistry registry, NodeCalls node, Moves moves, Duration lookAgain) {
    this.registry = registry;
    this.node = node;
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
    if (guest.phase() != GuestPhase.RUNNING || missing) {
      // A report may be older than the start: before anything is concluded, the node is asked.
      guest = node.inspect(workspace);
    }
    if (guest.phase() == GuestPhase.RUNNING
        && guest.leaseEnds().filter(workspace.lease().ends()::isAfter).isPresent()) {
      try {
        guest = node.renew(workspace);
      } catch (NodeRefusedException e) {
        // A guest that runs is not ended for this; with its old lease the node would.
        moves.note(workspace, "the node does not take the new lease: " + e.getMessage());
        return Next.after(lookAgain);
      }
    }
    return switch (guest.phase()) {
      case RUNNING -> {
        Workspace told = workspace.told(guest.address(), guest.forwards(), guest.moments());
        if (!told.equals(workspace)) {
          moves.save(workspace, told, SavedMove.NOTED);
        }
        yield Next.after(lookAgain);
      }
      case STARTING, REMOVING -> Next.poll();
      case FAILED -> {
        moves.save(
            workspace,
            workspace.refused(StageStep.refused(guest, workspace).refusal()),
            SavedMove.REFUSED);
        yield Next.now();
      }
      case ENDED -> ended(workspace, "the guest ended by itself");
      case ABSENT, PREPARING, PREPARED -> {
        if (workspace.lease().endedAt(moves.now().plus(CLOCKS_DIFFER))) {
          yield ended(workspace, "the node ended the guest at the end of its lease");
        }
        Refusal lost =
            Refusal.of(
                    Refusal.Category.SITE,
                    "node.guest.lost",
                    "node " + name + " no longer has the guest, which had been running")
                .advice("the node was probably restarted; deploy again")
                .fact("node", name)
                .fact("phase", guest.phase());
        moves.save(workspace, workspace.refused(lost), SavedMove.REFUSED);
        yield Next.now();
      }
    };
  }

  private Next ended(Workspace workspace, String why) {
    moves.save(workspace, workspace.wantedGone(why), SavedMove.GUEST_ENDED);
    return Next.now();
  }
}
