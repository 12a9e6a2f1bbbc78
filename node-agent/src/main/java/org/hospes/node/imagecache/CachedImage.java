package org.hospes.node.imagecache;

import java.nio.file.Path;
import java.time.Duration;
import org.hospes.image.verify.VerifiedImage;

/**
 * A verified image that stays where it is until it is released.
 *
 * @param transferredBytes that crossed the wire for it; 0 when the cache had it
 * @param transfer how long that took
 */
public record CachedImage(
    Path file, VerifiedImage verified, long transferredBytes, Duration transfer) {}
