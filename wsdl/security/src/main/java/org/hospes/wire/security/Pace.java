package org.hospes.wire.security;

import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How fast one body moves in one direction. Only the time spent waiting for the other side counts:
 * however long a port works, its request stays whole. The pace is taken over stretches of waiting,
 * so that a fast beginning earns no right to stall. Used by the thread that moves the body and
 * looked at by {@link PaceKeeper}'s.
 */
final class Pace {
  /**
   * What is asked of the other side.
   *
   * @param bytesPerSecond over each stretch of waiting; 0 for any pace
   * @param stretch so much waiting is judged together, and always allowed
   * @param longest waiting for the whole body that is never exceeded
   */
  record Rule(long bytesPerSecond, Duration stretch, Duration longest) {}

  private static final long NOT_WAITING = Long.MIN_VALUE;

  private final Rule rule;
  private final LongSupplier nanos;
  private long waited;
  private long stretchWaited;
  private long stretchMoved;
  private long since = NOT_WAITING;
  private long moving;

  /**
   * @param nanos {@code System::nanoTime}
   */
  Pace(Rule rule, LongSupplier nanos) {
    this.rule = rule;
    this.nanos = nanos;
  }

  /**
   * Waiting begins.
   *
   * @param bytes as many as are about to move, when that is known
   */
  synchronized void begin(long bytes) {
    since = nanos.getAsLong();
    moving = bytes;
  }

  /**
   * Waiting ended.
   *
   * @param bytes as many as moved
   * @throws IOException when the other side is too slow
   */
  synchronized void end(long bytes) throws IOException {
    long took = nanos.getAsLong() - since;
    since = NOT_WAITING;
    moving = 0;
    waited += took;
    stretchWaited += took;
    stretchMoved += Math.max(0, bytes);
    if (bytes >= 0 && tooSlow()) {
      throw new IOException(
          "the other side is too slow: "
              + stretchMoved
              + " bytes in "
              + stretchWaited / 1_000_000_000
              + " s of waiting");
    }
    if (stretchWaited > rule.stretch().toNanos()) {
      stretchWaited = 0;
      stretchMoved = 0;
    }
  }

  /** Whether the other side keeps this one waiting too long, also while it does. */
  synchronized boolean tooSlow() {
    long now = since == NOT_WAITING ? 0 : nanos.getAsLong() - since;
    return waited + now > rule.longest().toNanos()
        || below(moving, now)
        || below(stretchMoved + moving, stretchWaited + now);
  }

  private boolean below(long bytes, long waiting) {
    return waiting > rule.stretch().toNanos() && bytes < waiting / 1e9 * rule.bytesPerSecond();
  }
}
