package org.hospes.client;

import java.util.Optional;
import java.util.UUID;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.AuditHeads;
import org.hospes.contract.workspace.AuditHeadsResponse;
import org.hospes.contract.workspace.EnrolNode;
import org.hospes.contract.workspace.EnrolNodeResponse;
import org.hospes.contract.workspace.Receipts;
import org.hospes.contract.workspace.ReceiptsResponse;
import org.hospes.contract.workspace.Refused;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.wire.refusal.RefusalException;

/** What a site's service gives out of receipts. As {@link WorkspaceClient}. */
public final class ReceiptClient {
  private final WorkspacePort port;

  ReceiptClient(WorkspacePort port) {
    this.port = port;
  }

  /**
   * A file of lines.
   *
   * @param lines empty when nothing comes after
   * @param next after which line of the service's chain the next file begins
   */
  public record Page(byte[] lines, long next) {}

  /**
   * The chain that a node leaves.
   *
   * @param chain empty when it had none
   * @param countersigned how far that had come
   */
  public record Left(Optional<String> chain, long countersigned) {}

  /**
   * Some of a workspace's receipts.
   *
   * @param lines a file by itself; goes on with the page before when put behind it
   * @param next after how many receipts the next page begins; empty when there are no more
   */
  public record Excerpt(byte[] lines, Optional<Long> next) {}

  /**
   * The receipts of a workspace's boots, with all that proves them, a page at a time.
   *
   * @param id the id, the beginning of one, or a name
   * @param after so many of the oldest are left out
   * @throws RefusalException when the answer leads nowhere
   */
  public Excerpt excerpt(String id, long after) throws Refused {
    Receipts request = new Receipts();
    request.setId(id);
    request.setAfter(after);
    ReceiptsResponse answer = port.receipts(request);
    Optional<Long> next = Optional.ofNullable(answer.getNext());
    if (next.filter(n -> n <= after).isPresent()) {
      throw RefusalException.of(
          FaultCategory.SITE,
          "receipt.unreadable",
          "the service sent receipts after " + after + " and goes on after " + next.get());
    }
    return new Excerpt(answer.getBundle(), next);
  }

  /**
   * The service's own chain, a file at a time; or what the node of a chain wrote. For operators.
   *
   * @param after a line of the service's chain; 0 for its beginning
   */
  public Page page(Optional<UUID> chain, long after, int most) throws Refused {
    AuditHeads request = new AuditHeads();
    request.setAfter(after);
    request.setMost(most);
    chain.map(UUID::toString).ifPresent(request::setChain);
    AuditHeadsResponse answer = port.auditHeads(request);
    return new Page(answer.getLines(), answer.getNext());
  }

  /** A node may begin another chain of receipts. For operators. */
  public Left enrol(String node) throws Refused {
    EnrolNode request = new EnrolNode();
    request.setNode(node);
    EnrolNodeResponse answer = port.enrolNode(request);
    return new Left(Optional.ofNullable(answer.getChain()), answer.getCountersigned());
  }
}
