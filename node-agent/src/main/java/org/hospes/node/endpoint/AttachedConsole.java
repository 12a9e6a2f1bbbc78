package org.hospes.node.endpoint;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.wire.security.RawConnection;
import org.hospes.wire.security.Upgrades;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One person on one guest's console. Three threads move bytes: the guest's output is read whether
 * or not the person reads it, so that the guest never waits; what is typed waits for the guest.
 */
final class AttachedConsole implements Upgrades.Taker {
  private static final Logger LOG = LoggerFactory.getLogger(AttachedConsole.class);
  private static final int PIECE = 16 << 10;
  private static final int BACKLOG = 256 << 10;
  private static final int THREADS = 3;

  /** What came of it. */
  interface Listener {
    /** The guest's console is free again. */
    void over(AttachedConsole attached, String reason);

    /** Nothing of it is at work any more. */
    void done(AttachedConsole attached);
  }

  private final UUID guest;
  private final String holder;
  private final Instant since;
  private final Duration stall;
  private final Executor threads;
  private final Listener listener;
  private final Backlog backlog = new Backlog(BACKLOG);
  private final AtomicReference<String> reason = new AtomicReference<>();
  private final AtomicInteger atWork = new AtomicInteger(THREADS);
  private final AtomicLong typed = new AtomicLong();
  private final AtomicLong written = new AtomicLong();
  private volatile Optional<ConsoleLine> line = Optional.empty();
  private volatile Optional<String> lastWord = Optional.empty();

  /**
   * @param stall for how long the guest may read nothing of what was typed
   */
  AttachedConsole(
      UUID guest,
      String holder,
      Instant since,
      Duration stall,
      Executor threads,
      Listener listener) {
    this.guest = guest;
    this.holder = holder;
    this.since = since;
    this.stall = stall;
    this.threads = threads;
    this.listener = listener;
  }

  UUID guest() {
    return guest;
  }

  String holder() {
    return holder;
  }

  Instant since() {
    return since;
  }

  /** How many bytes the person typed. */
  long typed() {
    return typed.get();
  }

  /** How many bytes the guest wrote meanwhile. */
  long written() {
    return written.get();
  }

  /** The guest's console, once it is open. Called before the connection is. */
  void on(ConsoleLine opened) {
    line = Optional.of(opened);
    if (reason.get() != null) {
      opened.close();
    }
  }

  @Override
  public void opened(RawConnection connection) {
    start("read", connection, () -> read(line.orElseThrow()));
    start("show", connection, () -> show(connection));
    start("type", connection, () -> type(connection, line.orElseThrow()));
  }

  @Override
  public void abandoned() {
    end("the service went away before it was attached", false);
    listener.done(this);
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void start(String what, RawConnection connection, Work work) {
    threads.execute(
        () -> {
          try {
            work.run();
          } catch (IOException | InterruptedException e) {
            end(what + ": " + e.getMessage(), false);
          } catch (RuntimeException e) {
            LOG.error("workspace={} console failed", guest, e);
            end("failed: " + e, false);
          }
          if (atWork.decrementAndGet() == 0) {
            connection.close();
            listener.done(this);
          }
        });
  }

  private void read(ConsoleLine from) throws IOException {
    byte[] piece = new byte[PIECE];
    for (int n = from.read(piece); n >= 0 && reason.get() == null; n = from.read(piece)) {
      written.addAndGet(n);
      backlog.put(piece, n);
    }
    end("the guest's console ended", true);
  }

  /** The last to speak to the person: whatever the reason, what is there is still shown. */
  private void show(RawConnection to) throws IOException, InterruptedException {
    try {
      for (byte[] piece = backlog.take(PIECE); piece != null; piece = backlog.take(PIECE)) {
        to.write(piece, 0, piece.length);
      }
      if (lastWord.isPresent()) {
        byte[] last = Backlog.line(lastWord.get());
        to.write(last, 0, last.length);
      }
      to.close();
    } catch (IOException e) {
      to.abort();
      throw e;
    }
  }

  private void type(RawConnection from, ConsoleLine to) throws IOException {
    byte[] piece = new byte[PIECE];
    for (int n = from.read(piece); n >= 0; n = from.read(piece)) {
      long moved = System.nanoTime();
      for (int at = 0; at < n && reason.get() == null; ) {
        int taken = to.type(piece, at, n - at);
        if (taken < 0) {
          end("the guest's console ended", true);
        } else if (taken == 0) {
          // Meanwhile nobody hears whether the person is there still.
          if (System.nanoTime() - moved > stall.toNanos()) {
            end("the guest does not read what is typed", true);
          }
        } else {
          moved = System.nanoTime();
          typed.addAndGet(taken);
          at += taken;
        }
      }
    }
    end("left", false);
  }

  /**
   * Ends it, once; the first reason is the one.
   *
   * @param told whether the person is told
   */
  void end(String why, boolean told) {
    if (!reason.compareAndSet(null, why)) {
      return;
    }
    lastWord = told ? Optional.of(why) : Optional.empty();
    line.ifPresent(ConsoleLine::close);
    listener.over(this, why);
    backlog.end();
  }
}
