package org.hospes.service.workspace;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a workspace may live.
 *
 * @param starts when it was accepted
 * @param length longer than nothing
 */
public record Lease(Instant starts, Duration length) {
  public Lease {
    if (length.isNegative() || length.isZero()) {
      throw new IllegalArgumentException("a lease must be longer than nothing, found " + length);
    }
  }

  /** The first instant at which it is over. */
  public Instant ends() {
    return starts.plus(length);
  }

  /** Whether it is over at that time. */
  public boolean endedAt(Instant now) {
    return !now.isBefore(ends());
  }
}
