package org.hospes.repo.publishing;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.refusal.RepositoryRefusal;

/**
 * Verifications under way. A large disk takes longer to hash than a caller waits for an answer, so
 * the work goes on by itself: whoever asks for the same thing again waits for the same work, and a
 * refusal is kept until somebody has heard it. Safe for use by many threads.
 */
public final class Commits implements AutoCloseable {
  private static final int THREADS = 2;
  private static final int MOST_UNHEARD = 1000;

  private final Map<String, Future<Publication>> works = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          work -> {
            Thread thread = new Thread(work, "commit");
            thread.setDaemon(true);
            return thread;
          });
  private final Duration patience;

  /**
   * @param patience how long a caller is kept waiting; less than callers wait for an answer
   */
  public Commits(Duration patience) {
    this.patience = patience;
  }

  /** Whether such work is under way, or its outcome not heard yet. */
  boolean knows(String id) {
    return works.containsKey(id);
  }

  /**
   * Starts the work unless it is under way, and waits for it.
   *
   * @return empty when it goes on; ask again
   * @throws RepositoryRefusal when the work ended so
   */
  Optional<Publication> await(String id, Callable<Publication> work) throws IOException {
    if (works.size() > MOST_UNHEARD) {
      works.values().removeIf(Future::isDone);
    }
    Future<Publication> future = works.computeIfAbsent(id, key -> threads.submit(work));
    try {
      Publication done = future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      works.remove(id, future);
      return Optional.of(done);
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("stopped while verifying").initCause(e);
    } catch (ExecutionException e) {
      works.remove(id, future);
      if (e.getCause() instanceof RepositoryRefusal refusal) {
        throw refusal;
      }
      throw new IOException("verifying failed: " + e.getCause(), e.getCause());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
