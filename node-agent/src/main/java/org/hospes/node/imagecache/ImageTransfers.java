package org.hospes.node.imagecache;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What comes into the cache's folder and what leaves it. However many guests ask for an image at
 * once, its bytes come once; whoever is not held makes way. Nothing here says whether an image is
 * good. Safe for many threads.
 */
final class ImageTransfers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ImageTransfers.class);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final CacheFolder folder;
  private final Room room;
  private final ImageBytes bytes;
  private final Holders holders;
  private final MeterRegistry meters;
  private final ExecutorService threads;

  /** Guards the maps below, and every whole image that is looked for, made room for or dropped. */
  private final Object lock = new Object();

  private final Map<Digest, Flight> flights = new HashMap<>();
  private final Map<Digest, Long> expected = new HashMap<>();

  ImageTransfers(
      CacheFolder folder, Room room, ImageBytes bytes, Holders holders, MeterRegistry meters) {
    this.folder = folder;
    this.room = room;
    this.bytes = bytes;
    this.holders = holders;
    this.meters = meters;
    this.threads =
        Executors.newFixedThreadPool(
            4,
            task -> {
              Thread thread = new Thread(task, "image transfer");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Sees to it that the image of a demand is in the folder. Its holder is pinned already.
   *
   * @return empty when it was there
   */
  Optional<FetchedImage> bring(
      ImageDemand demand, Manifest manifest, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException, IOException {
    Digest digest = demand.digest();
    while (true) {
      Flight flight;
      synchronized (lock) {
        flight = flights.get(digest);
        if (flight == null && folder.has(digest)) {
          meters.counter("hospes_cache_hits").increment();
          return Optional.empty();
        }
        if (flight == null) {
          flight = started(demand, manifest);
        }
        if (!flight.givenUp()) {
          flight.board(progress);
        }
      }
      if (!flight.givenUp()) {
        return awaited(flight, digest, progress, abandoned);
      }
      // Whoever left last gave it up; it still has the partial file in its hands.
      try {
        landed(flight, digest, abandoned);
      } catch (ExecutionException e) {
        LOG.debug("{}: {}", digest, e.getCause().getMessage());
      }
    }
  }

  /** The lock is held. */
  private Flight started(ImageDemand demand, Manifest manifest) throws CacheException, IOException {
    Digest digest = demand.digest();
    room.make(digest, manifest.diskBytes(), holders.images(), expected);
    Flight flight = new Flight();
    flights.put(digest, flight);
    expected.put(digest, manifest.diskBytes());
    flight.started(threads.submit(() -> fly(flight, demand, manifest)));
    return flight;
  }

  private Optional<FetchedImage> awaited(
      Flight flight, Digest digest, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException {
    try {
      return landed(flight, digest, abandoned);
    } catch (ExecutionException e) {
      throw unwrapped(e.getCause(), digest);
    } finally {
      synchronized (lock) {
        if (flight.leave(progress) && flights.get(digest) == flight) {
          flight.giveUp();
          if (!flight.begun()) {
            land(flight, digest, Optional.empty(), new IOException("given up before it began"));
          }
        }
      }
    }
  }

  private static Optional<FetchedImage> landed(
      Flight flight, Digest digest, BooleanSupplier abandoned)
      throws ExecutionException, CacheException {
    while (!abandoned.getAsBoolean()) {
      try {
        return flight.landing().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        continue;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CacheException(CacheException.Kind.ABANDONED, "the agent is stopping", e);
      }
    }
    throw new CacheException(
        CacheException.Kind.ABANDONED, digest + " is not wanted any more", null);
  }

  private static CacheException unwrapped(Throwable cause, Digest digest)
      throws ImageRefusedException {
    if (cause instanceof ImageRefusedException refused) {
      throw refused;
    }
    return new CacheException(
        CacheException.Kind.FETCH, digest + " could not be fetched: " + cause.getMessage(), cause);
  }

  private void fly(Flight flight, ImageDemand demand, Manifest manifest) {
    Digest digest = demand.digest();
    Optional<FetchedImage> fetched = Optional.empty();
    Throwable failure = null;
    synchronized (lock) {
      if (flights.get(digest) != flight) {
        return;
      }
      flight.begin();
    }
    try {
      FetchedImage image =
          bytes.fetch(demand.sources(), manifest, folder.partialFile(digest), flight::advanced);
      folder.install(digest);
      meters.counter("hospes_cache_fetches").increment();
      meters.counter("hospes_cache_fetched_bytes").increment(image.transferredBytes());
      fetched = Optional.of(image);
    } catch (ImageRefusedException e) {
      failure = e;
      dropPartial(digest);
    } catch (InterruptedException | InterruptedIOException e) {
      failure = new IOException("given up: nobody waits for it any more", e);
    } catch (Throwable e) {
      // Whatever it was, those who wait must hear of it.
      failure = e;
    }
    land(flight, digest, fetched, failure);
  }

  private void land(
      Flight flight, Digest digest, Optional<FetchedImage> fetched, Throwable failure) {
    // Taken off before anybody wakes up: whoever finds the file corrupt starts a new transfer.
    synchronized (lock) {
      flights.remove(digest, flight);
      expected.remove(digest);
    }
    if (failure == null) {
      flight.landing().complete(fetched);
    } else {
      flight.landing().completeExceptionally(failure);
    }
  }

  private void dropPartial(Digest digest) {
    try {
      folder.dropPartial(digest);
    } catch (IOException e) {
      LOG.error("{}: cannot be deleted: {}", folder.partialFile(digest), e.getMessage());
    }
  }

  /** Held while a whole image is looked for, made room for, moved or dropped. */
  Object lock() {
    return lock;
  }

  /** Whether the very file that was looked at is still there, and no other on its way. */
  boolean stands(Digest digest, FileStamp seen) throws IOException {
    synchronized (lock) {
      return !flights.containsKey(digest)
          && folder.has(digest)
          && seen.inode().equals(FileStamp.of(folder.file(digest)).inode());
    }
  }

  /**
   * Throws away the very file that was looked at.
   *
   * @return whether it was still there
   */
  boolean drop(Digest digest, FileStamp seen) throws IOException {
    synchronized (lock) {
      boolean stands = stands(digest, seen);
      if (stands) {
        folder.drop(digest);
      }
      return stands;
    }
  }

  /** Throws an image away unless somebody other than this holder holds it. */
  void dropUnlessHeldByOthers(Digest digest, UUID holder) throws IOException {
    synchronized (lock) {
      if (holders.of(digest).stream().allMatch(holder::equals)) {
        folder.drop(digest);
      }
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
