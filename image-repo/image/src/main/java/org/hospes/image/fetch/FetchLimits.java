package org.hospes.image.fetch;

import java.time.Duration;

/**
 * Bounds of a fetch.
 *
 * @param connections at once, at least 1
 * @param attempts how often in a row a fetch may fail without a new byte before it gives up
 * @param pause before the second attempt; doubled each time, up to 10 s
 */
public record FetchLimits(int connections, int attempts, Duration pause) {
  public static final FetchLimits DEFAULT = new FetchLimits(2, 5, Duration.ofMillis(200));

  public FetchLimits {
    if (connections < 1 || attempts < 1 || pause.isNegative()) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }
}
