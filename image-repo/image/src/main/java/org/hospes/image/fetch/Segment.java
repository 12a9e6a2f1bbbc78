package org.hospes.image.fetch;

import java.util.concurrent.TimeUnit;

/** A run of bytes that one connection fetches; how far it is can be watched. */
final class Segment {
  private final long from;
  private final long to;
  private long done;

  Segment(long from, long to, boolean present) {
    this.from = from;
    this.to = to;
    this.done = present ? to : from;
  }

  long from() {
    return from;
  }

  long to() {
    return to;
  }

  /** One past the last byte that is in the file. */
  synchronized long done() {
    return done;
  }

  synchronized boolean complete() {
    return done == to;
  }

  synchronized void advance(int bytes) {
    done += bytes;
    notifyAll();
  }

  /** Waits for bytes behind a position, but no longer than a moment; returns how far it is. */
  synchronized long awaitBehind(long position) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50);
    long left = until - System.nanoTime();
    while (done <= position && left > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = until - System.nanoTime();
    }
    return done;
  }
}
