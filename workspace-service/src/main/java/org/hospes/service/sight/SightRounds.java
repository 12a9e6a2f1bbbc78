package org.hospes.service.sight;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.hospes.image.Digest;
import org.hospes.image.catalogue.CatalogueEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at whatever is new in the repository, at a slow pace, so that an image is seen in time even
 * if nobody deploys it before its signer's certificate ends.
 */
public final class SightRounds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SightRounds.class);
  private static final int MOST_IN_A_ROUND = 10_000;

  /** What could not be noted is asked for again after this. */
  private static final Duration AGAIN = Duration.ofHours(1);

  private final PublishedImages images;
  private final SightBook book;
  private final SightKeeper keeper;
  private final Duration pace;
  private final Clock clock;
  private final Map<Digest, Instant> asked = new LinkedHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "sights");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param pace between two images
   */
  public SightRounds(
      PublishedImages images, SightBook book, SightKeeper keeper, Duration pace, Clock clock) {
    this.images = images;
    this.book = book;
    this.keeper = keeper;
    this.pace = pace;
    this.clock = clock;
  }

  /** Goes round for as long as it is open. */
  @SuppressWarnings("FutureReturnValueIgnored") // a round catches what it can throw
  public void start(Duration every) {
    timer.scheduleWithFixedDelay(
        this::roundQuietly, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Looks once at all that is new. */
  public void round() throws InterruptedException {
    Set<Digest> known = book.manifests();
    Set<Digest> there = new HashSet<>();
    int looked = 0;
    for (CatalogueEntry entry : images.entries()) {
      if (timer.isShutdown()) {
        return;
      }
      there.add(entry.manifestDigest());
      if (known.contains(entry.manifestDigest())
          || entry.retiredAt().isPresent()
          || looked >= MOST_IN_A_ROUND
          || !due(entry.manifestDigest())) {
        continue;
      }
      looked++;
      look(entry);
      TimeUnit.MILLISECONDS.sleep(pace.toMillis());
    }
    asked.keySet().retainAll(there);
  }

  private void look(CatalogueEntry entry) {
    try {
      if (!keeper.see(images.papers(entry))) {
        asked.put(entry.manifestDigest(), clock.instant());
      }
    } catch (RuntimeException e) {
      asked.put(entry.manifestDigest(), clock.instant());
      LOG.warn("{} could not be looked at: {}", entry.label(), e.getMessage());
    }
  }

  private boolean due(Digest manifest) {
    Instant before = asked.get(manifest);
    return before == null || !clock.instant().isBefore(before.plus(AGAIN));
  }

  private void roundQuietly() {
    try {
      round();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("the repository's new images could not be looked at: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    // Without interrupting: an interrupted read closes H2's file under everybody's feet.
    timer.shutdown();
  }
}
