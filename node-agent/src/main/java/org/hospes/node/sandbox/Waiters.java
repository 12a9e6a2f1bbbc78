package org.hospes.node.sandbox;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Callers that wait for news of a guest. Each takes a thread of those that answer calls, so only so
 * many wait at once and for so long; who comes when the places are taken does not wait. Safe for
 * many threads.
 */
public final class Waiters {
  private final int atOnce;
  private final Duration longest;
  private final Semaphore places;

  /**
   * @param atOnce how many may wait
   * @param longest how long one waits at most, whatever it wishes
   */
  public Waiters(int atOnce, Duration longest) {
    this.atOnce = atOnce;
    this.longest = longest;
    this.places = new Semaphore(atOnce);
  }

  /** How many wait now. */
  public int waiting() {
    return atOnce - places.availablePermits();
  }

  /**
   * Waits until there is news, the time is over, or the thread is interrupted. The cell's monitor
   * is held while news is looked for and let go of while waiting; whoever makes news notifies it.
   */
  void await(Cell cell, BooleanSupplier news, Duration wished) {
    Duration time = wished.compareTo(longest) < 0 ? wished : longest;
    if (time.isNegative() || time.isZero() || !places.tryAcquire()) {
      return;
    }
    try {
      await(cell, news, System.nanoTime() + time.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      places.release();
    }
  }

  private static void await(Cell cell, BooleanSupplier news, long end) throws InterruptedException {
    synchronized (cell) {
      while (!news.getAsBoolean()) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return;
        }
        TimeUnit.NANOSECONDS.timedWait(cell, Math.max(left, 1_000_000));
      }
    }
  }
}
