package org.hospes.service.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.caller.Caller;
import org.hospes.wire.security.RawConnection;
import org.hospes.wire.security.Upgrades;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes between one person and one guest's console at its node: one thread and one piece of memory
 * each way, so that whoever does not read has the other side wait.
 */
final class ConsoleRelay implements Upgrades.Taker {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleRelay.class);
  private static final int PIECE = 16 << 10;

  /** How it ended; decides what the person's end of the connection sees. */
  private enum End {
    /** As was meant, or as the site's rules have it. */
    ORDERLY,
    /** Something failed. */
    BROKEN
  }

  /** What came of it. */
  interface Listener {
    void over(ConsoleRelay relay, String reason);
  }

  private final Workspace workspace;
  private final Caller caller;
  private final String from;
  private final RawConnection guest;
  private final Executor threads;
  private final Listener listener;
  private final Clock clock;
  private final Instant since;
  private final AtomicReference<String> reason = new AtomicReference<>();
  private final AtomicInteger atWork = new AtomicInteger(2);
  private final AtomicLong typed = new AtomicLong();
  private final AtomicLong shown = new AtomicLong();
  private final ReentrantLock showing = new ReentrantLock();
  private volatile RawConnection person;
  private volatile Instant moved;

  /**
   * @param from address of the person, for the audit log
   * @param guest the console at the node; closed when this ends
   */
  ConsoleRelay(
      Workspace workspace,
      Caller caller,
      String from,
      RawConnection guest,
      Executor threads,
      Listener listener,
      Clock clock) {
    this.workspace = workspace;
    this.caller = caller;
    this.from = from;
    this.guest = guest;
    this.threads = threads;
    this.listener = listener;
    this.clock = clock;
    this.since = clock.instant();
    this.moved = since;
  }

  Workspace workspace() {
    return workspace;
  }

  Caller caller() {
    return caller;
  }

  String from() {
    return from;
  }

  Duration lasted() {
    return Duration.between(since, clock.instant());
  }

  /** For how long not one byte went either way. */
  Duration idle() {
    return Duration.between(moved, clock.instant());
  }

  long typed() {
    return typed.get();
  }

  long shown() {
    return shown.get();
  }

  @Override
  public void opened(RawConnection connection) {
    person = connection;
    if (reason.get() != null) {
      // It was ended before there was anybody to be told; finish() may have missed the person.
      connection.close();
    }
    start(() -> type(connection));
    start(() -> show(connection));
  }

  @Override
  public void abandoned() {
    finish("the caller went away before it was attached", End.BROKEN);
    listener.over(this, reason.get());
  }

  private void start(Runnable work) {
    threads.execute(
        () -> {
          try {
            work.run();
          } catch (RuntimeException e) {
            LOG.error("workspace={} console failed", workspace.id(), e);
            end("the service failed", End.BROKEN);
          } finally {
            if (atWork.decrementAndGet() == 0) {
              listener.over(this, reason.get());
            }
          }
        });
  }

  private void type(RawConnection connection) {
    byte[] piece = new byte[PIECE];
    while (true) {
      int n;
      try {
        n = connection.read(piece);
      } catch (IOException e) {
        finish("the caller's connection broke", End.BROKEN);
        return;
      }
      if (n < 0) {
        finish("left", End.ORDERLY);
        return;
      }
      try {
        guest.write(piece, 0, n);
      } catch (IOException e) {
        // What the node had to say of it is still to be read by the other thread.
        return;
      }
      typed.addAndGet(n);
      moved = clock.instant();
    }
  }

  private void show(RawConnection connection) {
    byte[] piece = new byte[PIECE];
    while (true) {
      int n;
      try {
        n = guest.read(piece);
      } catch (IOException e) {
        end(
            "node "
                + workspace.node().orElse("?")
                + " broke the connection off; the guest may run on",
            End.BROKEN);
        return;
      }
      if (n < 0) {
        finish("ended by the node", End.ORDERLY);
        return;
      }
      showing.lock();
      try {
        connection.write(piece, 0, n);
      } catch (IOException e) {
        finish("the caller's connection broke, or nobody reads there", End.BROKEN);
        return;
      } finally {
        showing.unlock();
      }
      shown.addAndGet(n);
      moved = clock.instant();
    }
  }

  /** The site ends it, and says why. */
  void end(String why) {
    end(why, End.ORDERLY);
  }

  private void end(String why, End how) {
    // Where somebody waits for the person to read, there is no use in one more line.
    if (person != null && reason.get() == null && showing.tryLock()) {
      try {
        byte[] line = ("\r\n[console: " + why + "]\r\n").getBytes(UTF_8);
        person.write(line, 0, line.length);
      } catch (IOException e) {
        LOG.debug("workspace={} nobody reads why: {}", workspace.id(), e.getMessage());
      } finally {
        showing.unlock();
      }
    }
    finish(why, how);
  }

  private void finish(String why, End how) {
    if (!reason.compareAndSet(null, why)) {
      return;
    }
    guest.close();
    if (person == null) {
      return;
    }
    if (how == End.ORDERLY) {
      person.close();
    } else {
      person.abort();
    }
  }
}
