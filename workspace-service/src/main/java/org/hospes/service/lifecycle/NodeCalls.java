package org.hospes.service.lifecycle;

import java.time.Duration;
import java.util.Optional;
import org.hospes.image.SignedImage;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.HandOver;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;

/**
 * Calls to the node of a workspace, which waits a little for the end of what is asked; what it
 * answers is remembered for whoever looks.
 */
final class NodeCalls {
  private final NodeGateway gateway;
  private final NodeRegistry registry;
  private final WorkspaceRepository workspaces;
  private final NewestPapers newest;
  private final Waits waits;

  NodeCalls(
      NodeGateway gateway,
      NodeRegistry registry,
      WorkspaceRepository workspaces,
      NewestPapers newest,
      Waits waits) {
    this.gateway = gateway;
    this.registry = registry;
    this.workspaces = workspaces;
    this.newest = newest;
    this.waits = waits;
  }

  /** Asks to prepare; while the node is known to be at it, only asks how far it is. */
  Guest prepare(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    if (lastSeen(workspace) == GuestPhase.PREPARING) {
      Guest guest = news(node, workspace, GuestPhase.PREPARING);
      if (guest.phase() != GuestPhase.ABSENT) {
        return guest;
      }
    }
    Dossier dossier = dossier(workspace);
    return waiting(node, wait -> gateway.prepare(node, workspace, dossier, wait));
  }

  /** Tells a node that has the guest when the lease ends now. */
  Guest renew(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    return seen(node, gateway.prepare(node, workspace, asOfNow(workspace), Duration.ZERO));
  }

  /**
   * Asks to start, with the papers of the image as others speak for it now; while the node is known
   * to be at it, and its image is not refused for the time being, only asks how far it is.
   */
  Guest start(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    if (lastSeen(workspace) == GuestPhase.STARTING) {
      Guest guest = news(node, workspace, GuestPhase.STARTING);
      boolean inVain = guest.phase() == GuestPhase.STARTING && guest.refusal().isPresent();
      if (guest.phase() != GuestPhase.PREPARED && !inVain) {
        return guest;
      }
    }
    // What was staged a moment ago has them, and what is paused does not boot.
    boolean boots = workspace.state() != State.STAGED && workspace.state() != State.PAUSED;
    Optional<SignedImage> papers =
        boots ? Optional.of(asOfNow(workspace).papers()) : Optional.empty();
    return waiting(node, wait -> gateway.start(node, workspace.id(), papers, wait));
  }

  Guest pause(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    return waiting(node, wait -> gateway.pause(node, workspace.id(), wait));
  }

  /** Asks to suspend; while the node is known to be at it, only asks how far it is. */
  Guest suspend(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    if (lastSeen(workspace) == GuestPhase.SUSPENDING) {
      return news(node, workspace, GuestPhase.SUSPENDING);
    }
    return waiting(node, wait -> gateway.suspend(node, workspace.id(), wait));
  }

  /** Asks to stop; while the node is known to be at it, only asks how far it is. */
  Guest stop(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    if (lastSeen(workspace) == GuestPhase.STOPPING) {
      return news(node, workspace, GuestPhase.STOPPING);
    }
    return waiting(node, wait -> gateway.stop(node, workspace.id(), workspace.stopLimit(), wait));
  }

  /** Asks for what is wanted of a snapshot; while the node is at it, only asks how far it is. */
  Guest snapshot(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    if (lastSeen(workspace) == GuestPhase.COPYING) {
      return news(node, workspace, GuestPhase.COPYING);
    }
    return waiting(node, wait -> gateway.snapshot(node, workspace, wait));
  }

  /** Has the target of a migration prepare the workspace, as if it were new there. */
  Guest prepareAtTarget(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node target = node(wish(workspace).to());
    if (lastSeen(target.name(), workspace) == GuestPhase.PREPARING) {
      Guest guest = news(target, workspace, GuestPhase.PREPARING);
      if (guest.phase() != GuestPhase.ABSENT) {
        return guest;
      }
    }
    Dossier dossier = asOfNow(workspace);
    return waiting(target, wait -> gateway.prepare(target, workspace, dossier, wait));
  }

  /**
   * Has the target of a migration copy what the source has of the guest, before it is left to it.
   *
   * @return whether there is nothing more to be gained by waiting; also where one of them does not
   *     know of this
   */
  boolean copiedAhead(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Migration wish = wish(workspace);
    Node source = node(wish.from());
    Node target = node(wish.to());
    if (!source.facts().copiesAhead() || !target.facts().copiesAhead()) {
      return true;
    }
    Guest guest = seen(source, gateway.offer(source, workspace.id(), wish.wish(), target.dn()));
    return guest.phase() == GuestPhase.ABSENT
        || gateway.expect(target, workspace, asOfNow(workspace), source, wish.wish());
  }

  /** Has the source leave the guest to the target of its migration. */
  Guest handOver(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Migration wish = wish(workspace);
    Node source = node(wish.from());
    Guest guest =
        seen(source, gateway.handOver(source, workspace.id(), wish.wish(), node(wish.to()).dn()));
    return inTime(source, workspace, guest);
  }

  /** Ends that. */
  Guest takeBack(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Migration wish = wish(workspace);
    Node source = node(wish.from());
    return seen(source, gateway.takeBack(source, workspace.id(), wish.wish()));
  }

  /** Has the target receive the guest. */
  Guest receive(Workspace workspace, HandOver handOver)
      throws NodeUnreachableException, NodeRefusedException {
    Migration wish = wish(workspace);
    Node source = node(wish.from());
    Node target = node(wish.to());
    Dossier dossier = asOfNow(workspace);
    return waiting(
        target, wait -> gateway.receive(target, workspace, dossier, source, handOver, wait));
  }

  /** How far the target is; while it is known to be at it, it waits for news. */
  Guest arriving(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node target = node(wish(workspace).to());
    boolean atIt = lastSeen(target.name(), workspace) == GuestPhase.RECEIVING;
    Guest guest =
        atIt
            ? news(target, workspace, GuestPhase.RECEIVING)
            : seen(target, gateway.inspect(target, workspace.id()));
    return inTime(target, workspace, guest);
  }

  /** A lease that was extended while files were on their way is not over for either node. */
  private Guest inTime(Node node, Workspace workspace, Guest guest)
      throws NodeUnreachableException, NodeRefusedException {
    return guest.leaseEnds().filter(workspace.lease().ends()::isAfter).isEmpty()
        ? guest
        : seen(node, gateway.prepare(node, workspace, asOfNow(workspace), Duration.ZERO));
  }

  private static Migration wish(Workspace workspace) {
    return workspace.migrations().now().orElseThrow();
  }

  /** Has a node remove what it has of a workspace that is elsewhere. */
  Guest removeFrom(String name, Workspace workspace)
      throws NodeUnreachableException, NodeRefusedException {
    Node node = node(name);
    return seen(node, gateway.remove(node, workspace.id(), Duration.ZERO));
  }

  Guest remove(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    return waiting(node, wait -> gateway.remove(node, workspace.id(), wait));
  }

  /** How it stands now. */
  Guest inspect(Workspace workspace) throws NodeUnreachableException, NodeRefusedException {
    Node node = node(workspace);
    return seen(node, gateway.inspect(node, workspace.id()));
  }

  private Dossier dossier(Workspace workspace) {
    return workspaces
        .dossier(workspace.id())
        .orElseThrow(
            () -> new IllegalStateException("workspace " + workspace.id() + ": no papers"));
  }

  /** For a guest that may boot long after it was deployed. */
  private Dossier asOfNow(Workspace workspace) {
    Dossier deployed = dossier(workspace);
    return deployed.withPapers(newest.of(workspace.order().image(), deployed.papers()));
  }

  private Guest news(Node node, Workspace workspace, GuestPhase known)
      throws NodeUnreachableException, NodeRefusedException {
    return waiting(node, wait -> gateway.inspect(node, workspace.id(), known, wait));
  }

  private Guest waiting(Node node, Waits.Call call)
      throws NodeUnreachableException, NodeRefusedException {
    return seen(node, waits.at(node.name(), call));
  }

  private Guest seen(Node node, Guest guest) {
    registry.saw(node.name(), guest);
    return guest;
  }

  /** What its node said of it last; ABSENT when it said nothing yet. */
  GuestPhase lastSeen(Workspace workspace) {
    return lastSeen(workspace.node().orElseThrow(), workspace);
  }

  private GuestPhase lastSeen(String node, Workspace workspace) {
    return registry.guest(node, workspace.id()).map(Guest::phase).orElse(GuestPhase.ABSENT);
  }

  private Node node(Workspace workspace) throws NodeUnreachableException {
    return node(workspace.node().orElseThrow());
  }

  private Node node(String name) throws NodeUnreachableException {
    Optional<Node> node = registry.find(name);
    if (node.isEmpty()) {
      throw new NodeUnreachableException(name, "it has not registered yet", null);
    }
    return node.get();
  }
}
