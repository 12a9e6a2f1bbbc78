package org.hospes.service.lifecycle;

import java.util.List;
import java.util.Optional;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestSnapshots;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.FlatDisk;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.SnapshotWish;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/**
 * STOPPED or SUSPENDED, something to be done with a snapshot or with its disk: have the node do it,
 * and be as the guest then is, which taken back to a snapshot may be the other of the two. What the
 * node refuses, or cannot do, is told; it never costs the workspace.
 */
final class SnapshotStep implements Step {
  private final NodeCalls node;
  private final Losses losses;
  private final Moves moves;

  SnapshotStep(NodeCalls node, Losses losses, Moves moves) {
    this.node = node;
    this.losses = losses;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt) throws NodeUnreachableException {
    Guest guest;
    try {
      guest = node.snapshot(workspace);
    } catch (NodeRefusedException e) {
      return over(
          workspace,
          workspace.state(),
          workspace.snapshots().kept(),
          Optional.empty(),
          Optional.of(e.refusal()));
    }
    String token = workspace.snapshots().wish().map(SnapshotWish::token).orElseThrow();
    Optional<GuestSnapshots.Outcome> outcome =
        guest.snapshots().outcome().filter(o -> o.token().equals(token));
    if (outcome.isPresent()) {
      return over(
          workspace.told(guest.address(), guest.forwards(), guest.moments()),
          switch (guest.phase()) {
            case STOPPED -> State.STOPPED;
            case SUSPENDED -> State.SUSPENDED;
            default -> workspace.state();
          },
          guest.snapshots().kept(),
          guest.snapshots().flat(),
          outcome.get().refusal());
    }
    return switch (guest.phase()) {
      case FAILED -> losses.failed(workspace, guest);
      case ABSENT, PREPARING, PREPARED -> losses.lost(workspace, guest);
      default -> Next.poll();
    };
  }

  private Next over(
      Workspace workspace,
      State there,
      List<Snapshot> kept,
      Optional<FlatDisk> flat,
      Optional<Refusal> refusal) {
    String name = workspace.snapshots().wish().map(SnapshotWish::name).orElseThrow();
    moves.save(
        workspace,
        workspace.atRest(
            there,
            kept,
            flat,
            refusal,
            (there == State.SUSPENDED ? "suspended; " : "stopped; ")
                + (refusal.isEmpty()
                    ? done(workspace.goal(), there, name)
                    : undone(workspace.goal(), name) + ": " + refusal.get().message()),
            moves.now()),
        refusal.isPresent() ? SavedMove.SNAPSHOT_FAILED : moveOf(workspace.goal()));
    return Next.now();
  }

  private static String done(Goal goal, State there, String name) {
    return switch (goal) {
      case ROLLBACK ->
          "its disk is that of snapshot "
              + name
              + (there == State.SUSPENDED ? ", and so is its memory" : "");
      case DELETE_SNAPSHOT -> "snapshot " + name + " is deleted";
      case FLATTEN -> "its disk is one file now, to be fetched";
      default -> "snapshot " + name + " is taken";
    };
  }

  private static String undone(Goal goal, String name) {
    return switch (goal) {
      case ROLLBACK -> "not rolled back to snapshot " + name;
      case DELETE_SNAPSHOT -> "snapshot " + name + " was not deleted";
      case FLATTEN -> "its disk was not made one file";
      default -> "snapshot " + name + " was not taken";
    };
  }

  private static SavedMove moveOf(Goal goal) {
    return switch (goal) {
      case ROLLBACK -> SavedMove.ROLLED_BACK;
      case DELETE_SNAPSHOT -> SavedMove.SNAPSHOT_DELETED;
      case FLATTEN -> SavedMove.FLATTENED;
      default -> SavedMove.SNAPSHOT_TAKEN;
    };
  }
}
