package org.hospes.service.lifecycle;

import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has nodes remove what is left on them of workspaces that went to another, or did not come. It can
 * go on nowhere, so nothing waits for it but the next migration to that node.
 */
final class Remains {
  private static final Logger LOG = LoggerFactory.getLogger(Remains.class);

  private final NodeRegistry registry;
  private final WorkspaceRepository workspaces;
  private final NodeCalls node;
  private final Moves moves;

  Remains(NodeRegistry registry, WorkspaceRepository workspaces, NodeCalls node, Moves moves) {
    this.registry = registry;
    this.workspaces = workspaces;
    this.node = node;
    this.moves = moves;
  }

  /**
   * Asks each such node once, if it is there.
   *
   * @param next what the workspace itself waits for
   * @return when to look again
   */
  Next cleared(Workspace before, Next next) {
    Workspace workspace = workspaces.find(before.id()).orElse(before);
    if (workspace.ended()) {
      return next;
    }
    Next then = next;
    for (String name : workspace.migrations().leftOn()) {
      if (registry.silent(name)) {
        continue;
      }
      try {
        Guest guest = node.removeFrom(name, workspace);
        if (guest.phase() != GuestPhase.ABSENT) {
          then = Next.poll();
          continue;
        }
        moves.save(workspace, workspace.clearedOn(name), SavedMove.REMAINS_REMOVED);
        return Next.now();
      } catch (NodeUnreachableException e) {
        LOG.debug("workspace={} {}; it is asked again", workspace.id(), e.getMessage());
      } catch (NodeRefusedException e) {
        LOG.warn(
            "workspace={} node={} does not remove what is left of it: {}",
            workspace.id(),
            name,
            e.getMessage());
      }
    }
    return then;
  }
}
