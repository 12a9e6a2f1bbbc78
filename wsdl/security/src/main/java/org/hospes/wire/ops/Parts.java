package org.hospes.wire.ops;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a program has started, to be ended in reverse: whatever leans on another part goes before
 * it. Safe for many threads.
 */
public final class Parts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Parts.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Ends it with the others. One that is kept twice is ended at the later place, too. */
  public synchronized <T extends AutoCloseable> T keep(T part) {
    open.push(part);
    return part;
  }

  /**
   * Ends all of them, also when some do not end well: that is logged. Repeating it does nothing.
   */
  @Override
  public synchronized void close() {
    while (!open.isEmpty()) {
      AutoCloseable part = open.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("{} did not close well", part.getClass().getSimpleName(), e);
      }
    }
  }
}
