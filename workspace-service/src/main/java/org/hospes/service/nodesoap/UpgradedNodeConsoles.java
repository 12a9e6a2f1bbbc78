package org.hospes.service.nodesoap;

import java.io.IOException;
import org.hospes.contract.ConsoleChannel;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeConsoles;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.RawConnection;
import org.hospes.wire.security.SecureClient;

/** Asks nodes for consoles over mutual TLS; exactly the node's host DN must answer. */
public final class UpgradedNodeConsoles implements NodeConsoles {
  private final SecureClient client;

  public UpgradedNodeConsoles(SecureClient client) {
    this.client = client;
  }

  @Override
  public RawConnection open(Node node, WorkspaceId id, DistinguishedName holder, Over over)
      throws NodeUnreachableException, NodeRefusedException {
    try {
      return client.upgrade(
          ConsoleChannel.atNode(
              node.facts().agentAddress(),
              id.toString(),
              holder.slash(),
              ConsoleChannel.Over.valueOf(over.name())),
          ConsoleChannel.PROTOCOL,
          ExpectedServer.dn(node.dn()));
    } catch (RefusalException e) {
      switch (e.category()) {
        case UNAUTHENTICATED, NOT_ALLOWED ->
            // Between the service and its node, and nothing that the person did.
            throw new NodeUnreachableException(node.name(), e.getMessage(), e);
        default ->
            throw new NodeRefusedException(
                new Refusal(
                    Refusal.Category.valueOf(e.category().name()),
                    e.code(),
                    e.getMessage(),
                    e.advice(),
                    e.facts()));
      }
    } catch (IOException e) {
      throw new NodeUnreachableException(
          node.name(), e.getClass().getSimpleName() + ": " + e.getMessage(), e);
    }
  }
}
