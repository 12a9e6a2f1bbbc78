package org.hospes.image.fetch;

import java.time.Duration;
import org.hospes.image.Digest;

/**
 * A disk that arrived whole.
 *
 * @param digest SHA-256 of the bytes as they were written; equal to the manifest's
 * @param transferredBytes received now
 * @param resumedBytes found in the partial file, and kept
 */
public record FetchedImage(
    Digest digest, long transferredBytes, long resumedBytes, Duration duration) {}
