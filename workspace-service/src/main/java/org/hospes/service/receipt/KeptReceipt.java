package org.hospes.service.receipt;

import java.util.UUID;
import org.hospes.service.workspace.WorkspaceId;

/**
 * A receipt as its node wrote it.
 *
 * @param chain the node's chain
 * @param seq its place there
 * @param workspace whose boot it tells of
 * @param doubted whether the service knew of something that speaks against it, see {@link Doubts}
 * @param line its bytes, without a line feed
 */
public record KeptReceipt(
    UUID chain, long seq, WorkspaceId workspace, boolean doubted, byte[] line) {}
