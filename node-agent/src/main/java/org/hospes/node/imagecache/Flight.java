package org.hospes.node.imagecache;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;

/** One transfer under way, and everybody who waits for it. */
final class Flight {
  private final CompletableFuture<Optional<FetchedImage>> landing = new CompletableFuture<>();
  private final List<FetchProgress> passengers = new CopyOnWriteArrayList<>();
  private volatile Future<?> work;
  private boolean begun;
  private volatile boolean givenUp;
  private volatile long done;
  private volatile long total;

  CompletableFuture<Optional<FetchedImage>> landing() {
    return landing;
  }

  void started(Future<?> task) {
    work = task;
  }

  /** The bytes begin to move. The cache's lock is held for this and for {@link #begun()}. */
  void begin() {
    begun = true;
  }

  /** Whether a thread has taken it up; one that nobody took up is only to be forgotten. */
  boolean begun() {
    return begun;
  }

  void board(FetchProgress passenger) {
    passengers.add(passenger);
    if (total > 0) {
      passenger.advanced(done, total);
    }
  }

  /** Gives up the transfer when nobody is left. */
  boolean leave(FetchProgress passenger) {
    passengers.remove(passenger);
    return passengers.isEmpty();
  }

  /** Nobody waits for it; who comes now starts another. The cache's lock is held. */
  void giveUp() {
    givenUp = true;
    Future<?> task = work;
    if (task != null) {
      task.cancel(true);
    }
  }

  boolean givenUp() {
    return givenUp;
  }

  void advanced(long bytesDone, long bytesTotal) {
    done = bytesDone;
    total = bytesTotal;
    for (FetchProgress passenger : passengers) {
      passenger.advanced(bytesDone, bytesTotal);
    }
  }
}
