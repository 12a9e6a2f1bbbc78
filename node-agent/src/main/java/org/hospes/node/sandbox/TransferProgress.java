package org.hospes.node.sandbox;

import java.time.Instant;

/**
 * How far the image is.
 *
 * @param bytesTotal 0 while unknown
 */
public record TransferProgress(
    String phase, long bytesDone, long bytesTotal, Instant startedAt, Instant updatedAt) {}
