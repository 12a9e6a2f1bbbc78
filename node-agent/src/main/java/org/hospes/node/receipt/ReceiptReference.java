package org.hospes.node.receipt;

import java.util.UUID;

/**
 * A line of the node's chain.
 *
 * @param chain the node's
 * @param seq the receipt's number, or that of the last one that a batch signs
 * @param sha256 of the line
 */
public record ReceiptReference(UUID chain, long seq, String sha256) {}
