package org.hospes.wire.security;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts off who keeps a thread waiting: a read or write that blocks does not look at the clock by
 * itself, and each byte that trickles in resets a connection's idle timeout.
 */
final class PaceKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PaceKeeper.class);
  private static final long EVERY_SECONDS = 2;

  private final Map<Pace, Runnable> watched = new ConcurrentHashMap<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          run -> {
            Thread keeper = new Thread(run, "wire-pace");
            keeper.setDaemon(true);
            return keeper;
          });

  PaceKeeper() {
    thread.scheduleWithFixedDelay(this::look, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * @param cut closes the connection; called at most once, on the keeper's thread
   */
  void watch(Pace pace, Runnable cut) {
    watched.put(pace, cut);
  }

  void forget(Pace pace) {
    watched.remove(pace);
  }

  void look() {
    for (Pace pace : watched.keySet()) {
      if (pace.tooSlow()) {
        Runnable cut = watched.remove(pace);
        if (cut != null) {
          try {
            cut.run();
          } catch (RuntimeException e) {
            LOG.warn("a slow connection could not be closed", e);
          }
        }
      }
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
