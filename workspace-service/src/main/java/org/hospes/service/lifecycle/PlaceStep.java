package org.hospes.service.lifecycle;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;

/** REQUESTED: choose a node and reserve its capacity. */
final class PlaceStep implements Step {
  private static final Duration ASK_AGAIN = Duration.ofSeconds(2);
  private static final Duration AFTER_RESTART = Duration.ofMillis(500);

  private final Placement placement;
  private final NodeRegistry registry;
  private final WorkspaceRepository workspaces;
  private final Moves moves;

  PlaceStep(
      Placement placement, NodeRegistry registry, WorkspaceRepository workspaces, Moves moves) {
    this.registry = registry;
    this.placement = placement;
    this.workspaces = workspaces;
    this.moves = moves;
  }

  @Override
  public Next advance(Workspace workspace, int attempt) {
    Optional<Refusal> impossible = placement.impossible(workspace.order());
    if (impossible.isPresent()) {
      moves.save(workspace, workspace.refused(impossible.get()), SavedMove.REFUSED);
      return Next.now();
    }
    // A database restored to an earlier moment has forgotten where it placed what runs already.
    if (workspace.lease().starts().isBefore(registry.startedAt()) && !registry.complete()) {
      moves.note(workspace, "waiting to hear from every node after the service's restart");
      return Next.after(AFTER_RESTART);
    }
    Optional<Node> holder = registry.holding(workspace.id());
    if (holder.isPresent()) {
      String name = holder.get().name();
      moves.save(
          workspace,
          workspace.placedOn(name, name + " has it already", moves.now()),
          SavedMove.PLACED);
      return Next.now();
    }
    return placement.alone(() -> placed(workspace));
  }

  private Next placed(Workspace workspace) {
    List<Workspace> reserved = workspaces.unfinished();
    Optional<Node> node = placement.choose(workspace.order(), reserved);
    if (node.isEmpty()) {
      moves.note(workspace, placement.whyNot(workspace.order(), reserved));
      return Next.after(ASK_AGAIN);
    }
    boolean cached = node.get().report().images().contains(workspace.order().image().digest());
    moves.save(
        workspace,
        workspace.placedOn(
            node.get().name(),
            "placed on "
                + node.get().name()
                + (cached ? ", which holds the image" : ", which fetches the image"),
            moves.now()),
        SavedMove.PLACED);
    return Next.now();
  }
}
