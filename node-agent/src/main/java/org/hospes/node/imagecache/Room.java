package org.hospes.node.imagecache;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hospes.image.Digest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes room for a new image by evicting those used longest ago. Called under the cache's lock. */
final class Room {
  private static final Logger LOG = LoggerFactory.getLogger(Room.class);

  private final CacheFolder folder;
  private final Quarantine quarantine;
  private final long maxBytes;
  private final MeterRegistry meters;

  Room(CacheFolder folder, Quarantine quarantine, long maxBytes, MeterRegistry meters) {
    this.folder = folder;
    this.quarantine = quarantine;
    this.maxBytes = maxBytes;
    this.meters = meters;
  }

  /**
   * Evicts until a disk of this length fits.
   *
   * @param inUse are never evicted
   * @param expected lengths of the images that are on their way
   */
  void make(Digest digest, long length, Set<Digest> inUse, Map<Digest, Long> expected)
      throws CacheException, IOException {
    long coming = length - folder.partialBytesOf(digest);
    for (Map.Entry<Digest, Long> flight : expected.entrySet()) {
      coming += Math.max(0, flight.getValue() - folder.partialBytesOf(flight.getKey()));
    }
    long apart = quarantine.bytes();
    List<Digest> idle = idle(inUse);
    while (folder.bytes() + apart + coming > maxBytes || folder.freeBytes() < coming) {
      if (idle.isEmpty()) {
        throw new CacheException(
            CacheException.Kind.FULL,
            "no room for an image of "
                + length
                + " bytes: the cache may hold "
                + maxBytes
                + ", the disk has "
                + folder.freeBytes()
                + " left, and everything in the cache is in use"
                + (apart == 0 ? "" : ", or in quarantine (" + apart + " bytes)"),
            null);
      }
      Digest oldest = idle.remove(0);
      LOG.info("evicting image={} lastUsed={}", oldest, folder.lastUsed(oldest));
      folder.drop(oldest);
      meters.counter("hospes_cache_evictions").increment();
    }
  }

  private List<Digest> idle(Set<Digest> inUse) throws IOException {
    Map<Digest, Instant> usedAt = new HashMap<>();
    for (Digest candidate : folder.contents()) {
      if (!inUse.contains(candidate)) {
        usedAt.put(candidate, folder.lastUsed(candidate));
      }
    }
    List<Digest> idle = new ArrayList<>(usedAt.keySet());
    idle.sort(Comparator.comparing(usedAt::get));
    return idle;
  }
}
