package org.hospes.node.imagecache;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images by their SHA-256. However many guests ask for one at once, its bytes come once. Nothing is
 * handed out that was not hashed and judged for this very demand. The least recently used images
 * make way for new ones, those in use never. Safe for many threads.
 */
public final class ImageCache implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ImageCache.class);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final CacheFolder folder;
  private final Room room;
  private final ImageBytes bytes;
  private final ImageJudge judge;
  private final CorruptionAlarm alarm;
  private final Clock clock;
  private final MeterRegistry meters;
  private final ExecutorService transfers;

  /** Guards the maps below and the making of room. */
  private final Object lock = new Object();

  private final Map<UUID, Digest> holders = new HashMap<>();
  private final Map<Digest, Flight> flights = new HashMap<>();
  private final Map<Digest, Long> expected = new HashMap<>();
  private final Verifications verifications = new Verifications();

  /**
   * Opens the cache; images that it holds from before are kept.
   *
   * @param maxBytes of whole and partial images together
   * @param trail hears of corrupt images
   */
  public ImageCache(
      Path directory,
      long maxBytes,
      ImageBytes bytes,
      ImageJudge judge,
      CacheTrail trail,
      Clock clock,
      MeterRegistry meters)
      throws IOException {
    this.folder = new CacheFolder(directory);
    this.room = new Room(folder, maxBytes, meters);
    this.bytes = bytes;
    this.judge = judge;
    this.alarm = new CorruptionAlarm(trail, meters);
    this.clock = clock;
    this.meters = meters;
    this.transfers =
        Executors.newFixedThreadPool(
            4,
            task -> {
              Thread thread = new Thread(task, "image transfer");
              thread.setDaemon(true);
              return thread;
            });
    folder.sweep(clock.instant());
    meters.gauge("hospes_cache_bytes", this, ImageCache::bytesForMetrics);
  }

  /**
   * Brings an image here, verifies it, and keeps it until {@link #release}. Again for the same
   * holder: verifies again.
   *
   * @param abandoned looked at while waiting; true gives up
   * @throws ImageRefusedException when it must not boot; no bytes of it are kept then unless
   *     another guest uses them
   */
  public CachedImage hold(ImageDemand demand, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException {
    VerifiedPapers papers = judge.papers(demand.papers(), demand.virtualOrganisation());
    Manifest manifest = papers.manifest();
    if (!manifest.sha256().equals(demand.digest())) {
      throw new ImageRefusedException(
              "image.digest.mismatch", "the manifest describes another disk than was ordered")
          .fact("expected", demand.digest())
          .fact("found", manifest.sha256())
          .advice("deploy the image by the digest that its manifest names");
    }
    pin(demand.holder(), demand.digest());
    boolean held = false;
    try {
      CachedImage image = holdPinned(demand, manifest, progress, abandoned);
      held = true;
      return image;
    } catch (IOException e) {
      throw new CacheException(
          CacheException.Kind.DISK, folder.file(demand.digest()) + ": " + e.getMessage(), e);
    } finally {
      if (!held) {
        release(demand.holder());
      }
    }
  }

  private CachedImage holdPinned(
      ImageDemand demand, Manifest manifest, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException, IOException {
    for (boolean again = false; ; again = true) {
      Optional<FetchedImage> fetched = bring(demand, manifest, progress, abandoned);
      FileStamp stamp;
      try {
        stamp = FileStamp.of(folder.file(demand.digest()));
      } catch (NoSuchFileException e) {
        // Somebody else found it corrupt between the two lines above.
        if (again) {
          throw e;
        }
        continue;
      }
      try {
        return verified(demand, stamp, fetched);
      } catch (ImageRefusedException refused) {
        boolean stale = dropIfCorrupt(demand.digest(), stamp, refused) && fetched.isEmpty();
        if (again || !stale) {
          if (fetched.isPresent()) {
            dropIfUnused(demand);
          }
          throw refused;
        }
      }
    }
  }

  private CachedImage verified(ImageDemand demand, FileStamp stamp, Optional<FetchedImage> fetched)
      throws ImageRefusedException, IOException {
    Path file = folder.file(demand.digest());
    VerifiedImage verified =
        judge.image(demand.papers(), file, demand.virtualOrganisation(), fetched.isPresent());
    if (!verified.digest().equals(demand.digest())) {
      throw new ImageRefusedException(
              "image.digest.mismatch", "the disk is not the one that was ordered")
          .fact("expected", demand.digest())
          .fact("found", verified.digest());
    }
    if (!stamp.equals(FileStamp.of(file))) {
      throw new ImageRefusedException(
              "image.changed", "the file changed while it was being verified")
          .fact("file", file);
    }
    verifications.note(demand.holder(), file, stamp);
    folder.touch(demand.digest(), clock.instant());
    return new CachedImage(
        file,
        verified,
        fetched.map(FetchedImage::transferredBytes).orElse(0L),
        fetched.map(FetchedImage::duration).orElse(Duration.ZERO));
  }

  /** Whether the file that was hashed for this holder is still untouched, as the kernel tells. */
  public boolean unchanged(UUID holder) {
    return verifications.unchanged(holder);
  }

  /** Whether that is so and it was hashed no longer ago than this. */
  public boolean verifiedWithin(UUID holder, Duration age) {
    return verifications.within(holder, age) && unchanged(holder);
  }

  /** Keeps an image for a holder known from the journal, without looking at it. */
  public void adopt(UUID holder, Digest digest) {
    pin(holder, digest);
  }

  /** Lets go of whatever this holder holds. */
  public void release(UUID holder) {
    verifications.forget(holder);
    synchronized (lock) {
      holders.remove(holder);
    }
  }

  /** The whole images that are here, in no order. */
  public List<Digest> contents() {
    try {
      return folder.contents();
    } catch (IOException e) {
      LOG.error("the image cache cannot be listed: {}", e.getMessage());
      return List.of();
    }
  }

  @Override
  public void close() {
    transfers.shutdownNow();
  }

  private void pin(UUID holder, Digest digest) {
    synchronized (lock) {
      holders.put(holder, digest);
    }
  }

  /** Empty when the cache had it. */
  private Optional<FetchedImage> bring(
      ImageDemand demand, Manifest manifest, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException, IOException {
    Digest digest = demand.digest();
    Flight flight;
    synchronized (lock) {
      flight = flights.get(digest);
      if (flight == null) {
        if (folder.has(digest)) {
          meters.counter("hospes_cache_hits").increment();
          return Optional.empty();
        }
        room.make(digest, manifest.diskBytes(), new HashSet<>(holders.values()), expected);
        flight = new Flight();
        flights.put(digest, flight);
        expected.put(digest, manifest.diskBytes());
        Flight own = flight;
        own.started(transfers.submit(() -> fly(own, demand, manifest)));
      }
      flight.board(progress);
    }
    return awaited(flight, digest, progress, abandoned);
  }

  private Optional<FetchedImage> awaited(
      Flight flight, Digest digest, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException {
    try {
      while (true) {
        if (abandoned.getAsBoolean()) {
          throw new CacheException(
              CacheException.Kind.ABANDONED, digest + " is not wanted any more", null);
        }
        try {
          return flight.landing().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          continue;
        }
      }
    } catch (ExecutionException e) {
      throw unwrapped(e.getCause(), digest);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CacheException(CacheException.Kind.ABANDONED, "the agent is stopping", e);
    } finally {
      synchronized (lock) {
        if (flight.leave(progress) && flights.get(digest) == flight) {
          flight.cancel();
          if (!flight.begun()) {
            land(flight, digest, Optional.empty(), new IOException("given up before it began"));
          }
        }
      }
    }
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

  /**
   * Throws away what is not the image that its name says.
   *
   * @return whether what was judged is not there any more, by somebody else's doing
   * @throws ImageRefusedException when it was thrown away here
   */
  private boolean dropIfCorrupt(Digest digest, FileStamp judged, ImageRefusedException refused)
      throws IOException, ImageRefusedException {
    Digest found;
    try {
      found = folder.hash(digest);
    } catch (NoSuchFileException e) {
      return true;
    }
    synchronized (lock) {
      if (flights.containsKey(digest)
          || !folder.has(digest)
          || !judged.inode().equals(FileStamp.of(folder.file(digest)).inode())) {
        return true;
      }
      if (found.equals(digest)) {
        return false;
      }
      folder.drop(digest);
    }
    alarm.ring(folder.file(digest), digest, found, refused.code(), holdersOf(digest));
    // Not mended in silence: whoever asked learns that this node's copy had turned.
    throw new ImageRefusedException(
            "image.digest.mismatch",
            "the node's copy of the image had changed since it was fetched, and was thrown away")
        .fact("expected", digest)
        .fact("found", found)
        .fact("file", folder.file(digest))
        .advice("deploy again: the node then fetches the image anew");
  }

  private List<UUID> holdersOf(Digest digest) {
    synchronized (lock) {
      return holders.entrySet().stream()
          .filter(held -> held.getValue().equals(digest))
          .map(Map.Entry::getKey)
          .toList();
    }
  }

  /** A refused image leaves no bytes behind, unless they serve somebody else. */
  private void dropIfUnused(ImageDemand demand) throws IOException {
    synchronized (lock) {
      if (holdersOf(demand.digest()).stream().allMatch(demand.holder()::equals)) {
        folder.drop(demand.digest());
      }
    }
  }

  private double bytesForMetrics() {
    try {
      return folder.bytes();
    } catch (IOException e) {
      return Double.NaN;
    }
  }
}
