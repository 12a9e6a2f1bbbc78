package org.hospes.node.sandbox;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that walk guests towards their goals. */
final class GuestWorkers {
  private static final int THREADS = 24;

  private GuestWorkers() {}

  /** Starts them; what is still to be done when they are shut down is left to the next start. */
  static ScheduledThreadPoolExecutor start() {
    ScheduledThreadPoolExecutor workers =
        new ScheduledThreadPoolExecutor(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "guest worker");
              thread.setDaemon(true);
              return thread;
            });
    workers.setKeepAliveTime(30, TimeUnit.SECONDS);
    workers.allowCoreThreadTimeOut(true);
    workers.setRemoveOnCancelPolicy(true);
    workers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return workers;
  }
}
