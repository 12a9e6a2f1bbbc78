package org.hospes.service.persistence;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One service at a time has the database. H2 locks its file by itself; on PostgreSQL an advisory
 * lock of a session kept for nothing else says who is at work, and the others stand by. A service
 * whose session broke may have been replaced: it must end, since two drivers know different nodes.
 */
final class SoleUse implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SoleUse.class);
  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final String TAKE =
      "SELECT pg_try_advisory_lock(hashtext('hospes'), hashtext(current_schema()))";

  private final Connection session;
  private final ScheduledExecutorService watch;
  private final Runnable lost;

  private SoleUse(Connection session, ScheduledExecutorService watch, Runnable lost) {
    this.session = session;
    this.watch = watch;
    this.lost = lost;
  }

  /**
   * Waits until the database is free.
   *
   * @throws IllegalStateException when it cannot be reached, or the wait is interrupted
   */
  static SoleUse of(DatabaseSettings settings, Runnable lost) {
    if (settings.embedded()) {
      return new SoleUse(null, null, lost);
    }
    try {
      Connection session =
          DriverManager.getConnection(settings.url(), settings.user(), settings.password());
      try {
        take(session);
      } catch (SQLException | InterruptedException | RuntimeException e) {
        session.close();
        throw e;
      }
      ScheduledExecutorService watch =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread thread = new Thread(task, "sole-use");
                thread.setDaemon(true);
                return thread;
              });
      SoleUse use = new SoleUse(session, watch, lost);
      var unused =
          watch.scheduleWithFixedDelay(
              use::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
      return use;
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the database " + settings.url() + " cannot be reached: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while standing by", e);
    }
  }

  private static void take(Connection session) throws SQLException, InterruptedException {
    boolean said = false;
    while (!taken(session)) {
      if (!said) {
        LOG.warn("another service has this database; standing by until it ends");
        said = true;
      }
      Thread.sleep(ASK_AGAIN.toMillis());
    }
  }

  private static boolean taken(Connection session) throws SQLException {
    try (Statement statement = session.createStatement();
        ResultSet result = statement.executeQuery(TAKE)) {
      return result.next() && result.getBoolean(1);
    }
  }

  private void look() {
    try {
      if (session.isValid((int) LOOK.toSeconds())) {
        return;
      }
    } catch (SQLException e) {
      LOG.debug("the session that holds the database is broken", e);
    }
    LOG.error(
        "the session that holds the database is gone: another service may be at work; ending");
    watch.shutdown();
    lost.run();
  }

  @Override
  public void close() {
    if (session == null) {
      return;
    }
    watch.shutdownNow();
    try {
      session.close();
    } catch (SQLException e) {
      LOG.warn("the session that held the database did not close well", e);
    }
  }
}
