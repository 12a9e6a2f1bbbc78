package org.hospes.service.receipt;

import java.util.UUID;

/**
 * A node's signature over some of its receipts.
 *
 * @param chain the node's chain
 * @param from the first of them
 * @param to the last of them
 * @param papers digest of the node's papers
 * @param head the line of the service's chain that countersigned it
 * @param line its bytes, without a line feed
 */
public record KeptBatch(UUID chain, long from, long to, String papers, long head, byte[] line) {}
