package org.hospes.repo.store;

import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Lets bytes through at a rate, shared by everybody who spends from it. A second's worth may go at
 * once. Safe for use by many threads.
 */
public final class RateLimit {
  private final long bytesPerSecond;
  private final LongSupplier nanos;
  private final Pause pause;
  private long paidUntil;

  /** Lets so many nanoseconds pass. */
  interface Pause {
    void last(long nanos) throws InterruptedException;
  }

  /**
   * @param bytesPerSecond 0 for no limit
   */
  public RateLimit(long bytesPerSecond) {
    this(bytesPerSecond, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
  }

  RateLimit(long bytesPerSecond, LongSupplier nanos, Pause pause) {
    this.bytesPerSecond = bytesPerSecond;
    this.nanos = nanos;
    this.pause = pause;
    this.paidUntil = nanos.getAsLong();
  }

  /** Waits until these bytes may have passed. */
  public void spend(long bytes) throws InterruptedIOException {
    if (bytesPerSecond == 0) {
      return;
    }
    long wait;
    synchronized (this) {
      long now = nanos.getAsLong();
      long second = TimeUnit.SECONDS.toNanos(1);
      paidUntil = Math.max(paidUntil, now - second);
      paidUntil += (long) ((double) bytes / bytesPerSecond * second);
      wait = paidUntil - now;
    }
    if (wait > 0) {
      try {
        pause.last(wait);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("stopped while waiting for its turn");
      }
    }
  }
}
