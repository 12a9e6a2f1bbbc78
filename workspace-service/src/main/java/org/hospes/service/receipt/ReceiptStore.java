package org.hospes.service.receipt;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/**
 * The receipts that the service countersigned, and its own chain. Nothing in it is ever changed or
 * removed. Safe for use by many threads.
 */
public interface ReceiptStore {
  /**
   * What one countersignature adds.
   *
   * @param said lines of the service's chain, which go on where it ends
   * @param papers lines of certificates, by their digest; those that are there already stay
   * @param receipts of the node
   * @param batches of the node, each with its head among {@code said}
   * @param chain how far the node's chain is then
   */
  record Addition(
      List<Said> said,
      Map<String, byte[]> papers,
      List<KeptReceipt> receipts,
      List<KeptBatch> batches,
      NodeChain chain) {}

  /**
   * That an operator lets a node begin another chain.
   *
   * @param by who said so
   */
  record Renewal(DistinguishedName by, Instant at) {}

  /** The last line of the service's chain. */
  Optional<Said> end();

  /** The chain of a node that is in force: the one enrolled last. */
  Optional<NodeChain> chainOf(DistinguishedName node);

  /** That chain, of whichever node, in force or not. */
  Optional<NodeChain> chain(UUID chain);

  /**
   * Keeps all of it or nothing; durable when it returns. With a chain that is new the node's
   * renewal is spent.
   *
   * @throws IllegalStateException when the service's chain or the node's went on meanwhile
   */
  void keep(Addition addition);

  /** A node may begin another chain; durable when it returns. Again, the first one stands. */
  Renewal renew(DistinguishedName node, DistinguishedName by, Instant now);

  /** Whether that node may. */
  Optional<Renewal> renewal(DistinguishedName node);

  /** Lines of the service's chain after a number, in order. */
  List<Said> said(long after, int most);

  /** The line that countersigned, or enrolled. */
  Optional<Said> said(long seq);

  /** The line that enrolled papers for a chain. */
  Optional<Said> enrolment(UUID chain, String papers);

  /** The line with those certificates. */
  Optional<byte[]> papers(String digest);

  /**
   * The receipts of a workspace, in the order in which they were countersigned.
   *
   * @param after so many of the oldest are left out
   */
  List<KeptReceipt> receipts(WorkspaceId workspace, long after, int most);

  /** The receipts of a chain from one number to another. */
  List<KeptReceipt> receipts(UUID chain, long from, long to);

  /** The batch that a receipt is in. */
  Optional<KeptBatch> batch(UUID chain, long seq);

  /** Batches of a chain whose heads come after a number in the service's chain, in order. */
  List<KeptBatch> batches(UUID chain, long after, int most);
}
