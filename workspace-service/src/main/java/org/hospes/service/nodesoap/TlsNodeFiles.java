package org.hospes.service.nodesoap;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.contract.GuestFiles;
import org.hospes.image.Digest;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeFiles;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.bytes.PartialRequest;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/** Asks nodes for files over mutual TLS; exactly the node's host DN must answer. */
public final class TlsNodeFiles implements NodeFiles {
  private final SecureClient client;
  private final Duration patience;
  private final Map<DistinguishedName, PartialRequest> nodes = new ConcurrentHashMap<>();

  /**
   * @param patience for each further byte
   */
  public TlsNodeFiles(SecureClient client, Duration patience) {
    this.client = client;
    this.patience = patience;
  }

  @Override
  public InputStream flatDisk(Node node, WorkspaceId id, Digest digest, long from, long to)
      throws NodeUnreachableException, NodeRefusedException {
    try {
      client.checkOwnPapers();
      return nodes
          .computeIfAbsent(
              node.dn(),
              dn -> new PartialRequest(client.sslContext(ExpectedServer.dn(dn)), patience))
          .open(
              GuestFiles.atNode(
                  node.facts().agentAddress(), id.toString(), GuestFiles.FLAT, digest.toString()),
              from,
              to);
    } catch (RefusalException e) {
      switch (e.category()) {
        case UNAUTHENTICATED, NOT_ALLOWED ->
            // Between the service and its node, and nothing that the person did.
            throw new NodeUnreachableException(node.name(), e.getMessage(), e);
        default -> throw new NodeRefusedException(NodeRefusals.read(e.toXml()));
      }
    } catch (IOException e) {
      throw new NodeUnreachableException(
          node.name(), e.getClass().getSimpleName() + ": " + e.getMessage(), e);
    }
  }
}
