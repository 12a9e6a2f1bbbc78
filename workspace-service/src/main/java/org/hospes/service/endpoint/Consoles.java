package org.hospes.service.endpoint;

import java.util.Optional;
import org.hospes.service.node.ConsoleChunk;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/** Guests' consoles, as their nodes hand them out. */
final class Consoles {
  private final NodeRegistry nodes;
  private final NodeGateway gateway;

  Consoles(NodeRegistry nodes, NodeGateway gateway) {
    this.nodes = nodes;
    this.gateway = gateway;
  }

  /**
   * A piece; an empty one while there is no guest yet, or none for the time being, since it is
   * rebooted or goes to another node; the last one when there is none any more.
   */
  ConsoleChunk read(Workspace workspace, long offset, int most) {
    Optional<Node> node = workspace.node().flatMap(nodes::find);
    if (workspace.ended()) {
      return ConsoleChunk.nothingMore(offset);
    }
    if (!workspace.state().occupiesNode() || workspace.state() == State.PLACED) {
      return new ConsoleChunk(offset, new byte[0], offset, false);
    }
    try {
      if (node.isEmpty()) {
        throw new NodeUnreachableException(workspace.node().orElseThrow(), "not registered", null);
      }
      ConsoleChunk chunk = gateway.readConsole(node.get(), workspace.id(), offset, most);
      return goesOn(workspace) ? chunk.toBeContinued() : chunk;
    } catch (NodeUnreachableException e) {
      throw Refusal.of(Refusal.Category.SITE, "node.unreachable", e.getMessage())
          .advice("try again; if it stays so, tell the site's operators")
          .fact("node", workspace.node().orElse("-"))
          .toException();
    } catch (NodeRefusedException e) {
      if (e.refusal().category() == Refusal.Category.NOT_FOUND) {
        ConsoleChunk none = ConsoleChunk.nothingMore(offset);
        return goesOn(workspace) ? none.toBeContinued() : none;
      }
      throw e.refusal().toException();
    }
  }

  /** Whether its guest is to write more, though it may be off at this moment. */
  private static boolean goesOn(Workspace workspace) {
    Goal then = workspace.migrations().now().map(Migration::then).orElse(workspace.goal());
    return then == Goal.RUN || then == Goal.PAUSE || then == Goal.REBOOT;
  }
}
