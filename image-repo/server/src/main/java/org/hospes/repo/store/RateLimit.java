package org.hospes.repo.store;

import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/**
 * Lets bytes through at a rate, shared by everybody who spends from it. A second's worth may go at
 * once. Safe for use by many threads.
 */
public final class RateLimit {
  private final long bytesPerSecond;
  private long paidUntil = System.nanoTime();

  /**
   * @param bytesPerSecond 0 for no limit
   */
  public RateLimit(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Waits until these bytes may have passed. */
  public void spend(long bytes) throws InterruptedIOException {
    if (bytesPerSecond == 0) {
      return;
    }
    long wait;
    synchronized (this) {
      long now = System.nanoTime();
      long second = TimeUnit.SECONDS.toNanos(1);
      paidUntil = Math.max(paidUntil, now - second);
      paidUntil += (long) ((double) bytes / bytesPerSecond * second);
      wait = paidUntil - now;
    }
    if (wait > 0) {
      try {
        TimeUnit.NANOSECONDS.sleep(wait);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("stopped while waiting for its turn");
      }
    }
  }
}
