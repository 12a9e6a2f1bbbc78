package org.hospes.node.receipt;

import java.time.Instant;
import java.util.UUID;

/**
 * Where a receipt stands, which the book alone knows.
 *
 * @param chain the node's
 * @param seq its number there
 * @param previous hash of the receipt before
 * @param node in slash form
 * @param at now
 * @param boot which of the workspace's boots here
 */
public record Place(UUID chain, long seq, String previous, String node, Instant at, long boot) {}
