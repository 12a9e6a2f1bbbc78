package org.hospes.service.receipt;

import java.util.UUID;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.BatchIntake;

/**
 * How far a node's chain is countersigned.
 *
 * @param node whose it is
 * @param chain its name
 * @param since the line of the service's chain that enrolled it
 * @param to the last receipt
 * @param last that receipt's hash
 * @param lastBatch hash of its batch
 */
public record NodeChain(
    DistinguishedName node, UUID chain, long since, long to, String last, String lastBatch) {

  /** The same, as what judges a node's lines has it. */
  BatchIntake.Known known() {
    return new BatchIntake.Known(chain, to, last, lastBatch);
  }
}
