package org.hospes.node.sandbox;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.hospes.node.journal.Journal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads that walk guests towards their goals, one at a time for each guest. */
final class GuestWorkers {
  private static final Logger LOG = LoggerFactory.getLogger(GuestWorkers.class);
  private static final Duration REST = Duration.ofSeconds(15);
  private static final int THREADS = 24;

  private final Walker walker;
  private final Journal journal;
  private final Cells cells;
  private final BooleanSupplier closing;
  private final ScheduledThreadPoolExecutor threads;

  /**
   * @param closing true once nobody walks any further
   */
  GuestWorkers(Walker walker, Journal journal, Cells cells, BooleanSupplier closing) {
    this.walker = walker;
    this.journal = journal;
    this.cells = cells;
    this.closing = closing;
    this.threads =
        new ScheduledThreadPoolExecutor(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "guest worker");
              thread.setDaemon(true);
              return thread;
            });
    threads.setKeepAliveTime(30, TimeUnit.SECONDS);
    threads.allowCoreThreadTimeOut(true);
    threads.setRemoveOnCancelPolicy(true);
    threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Sees to it that a guest is walked on soon. The cell's monitor is held. */
  Cell wake(Cell cell) {
    if (closing.getAsBoolean()) {
      return cell;
    }
    if (!cell.busy) {
      cell.busy = true;
      threads.execute(() -> walk(cell));
    } else if (cell.pause != null && cell.pause.cancel(false)) {
      cell.pause = null;
      threads.execute(() -> walk(cell));
    }
    return cell;
  }

  private void walk(Cell cell) {
    synchronized (cell) {
      cell.pause = null;
    }
    Optional<Duration> pause;
    try {
      pause = walker.walk(cell);
    } catch (Throwable e) {
      // A full disk, or a fault of native code: the guest must stay within reach of its service.
      LOG.error("workspace={} nothing could be done for it, again in {}", cell.id, REST, e);
      pause = Optional.of(REST);
    }
    synchronized (cell) {
      if (pause.isPresent()) {
        if (closing.getAsBoolean()) {
          cell.busy = false;
          cell.notifyAll();
        } else {
          cell.pause =
              threads.schedule(() -> walk(cell), pause.get().toMillis(), TimeUnit.MILLISECONDS);
        }
      } else if (!cell.busy && journal.find(cell.id).isEmpty()) {
        cells.drop(cell);
      }
    }
  }

  /** Finishes the hooks under way; what is still to be done is left to the next start. */
  void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(20, TimeUnit.SECONDS)) {
        LOG.warn("a hook is still at work after 20 s; the journal will tell at the next start");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
