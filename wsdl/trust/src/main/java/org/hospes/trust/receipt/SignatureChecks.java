package org.hospes.trust.receipt;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Checks signatures by the hundred, on a thread that has nothing else to do or on the reader's. */
final class SignatureChecks implements AutoCloseable {
  private static final int AT_ONCE = 128;

  private final int threads;
  private final ThreadPoolExecutor pool;
  private final Queue<Future<?>> running = new ConcurrentLinkedQueue<>();

  SignatureChecks(int threads) {
    this.threads = threads;
    this.pool =
        new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
  }

  private record Signed(byte[] line, SignedLine fields, Papers papers, long number) {}

  /** The lines of one file that wait to be checked; for the thread that reads the file. */
  final class OfFile {
    private final String file;
    private final Findings findings;
    private List<Signed> waiting = new ArrayList<>(AT_ONCE);

    OfFile(String file, Findings findings) {
      this.file = file;
      this.findings = findings;
    }

    void add(byte[] line, SignedLine fields, Papers papers, long number) {
      waiting.add(new Signed(line, fields, papers, number));
      if (waiting.size() == AT_ONCE) {
        flush();
      }
    }

    void flush() {
      List<Signed> now = waiting;
      waiting = new ArrayList<>(AT_ONCE);
      if (pool.getActiveCount() < threads && pool.getQueue().isEmpty()) {
        start(() -> check(now));
      } else {
        check(now);
      }
    }

    private void check(List<Signed> lines) {
      Papers papers = null;
      LineSigner.Check check = null;
      for (Signed signed : lines) {
        if (check == null || !papers.digest().equals(signed.papers.digest())) {
          papers = signed.papers;
          check = new LineSigner.Check(papers.leaf().getPublicKey());
        }
        if (!check.holds(signed.line, signed.fields)) {
          findings.altered(
              file,
              signed.number,
              "the signature",
              "one by " + PapersShelf.name(papers).orElse("nobody") + " over this very line",
              "one that does not belong to it");
        }
      }
    }
  }

  /** Runs a task beside the others. */
  void start(Runnable task) {
    running.add(pool.submit(task));
  }

  /** Waits for every task, and those that they start. */
  void await() throws InterruptedException {
    for (Future<?> next = running.poll(); next != null; next = running.poll()) {
      try {
        next.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof UncheckedIOException unreadable) {
          throw unreadable;
        }
        throw new IllegalStateException("an audit's own fault: " + e.getCause(), e.getCause());
      }
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
