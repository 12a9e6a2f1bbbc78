package org.hospes.node.imagecache;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hospes.image.Digest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says loudly that an image in the cache was not what it was when it came. */
final class CorruptionAlarm {
  private static final Logger LOG = LoggerFactory.getLogger(CorruptionAlarm.class);

  private final CacheTrail trail;
  private final MeterRegistry meters;

  CorruptionAlarm(CacheTrail trail, MeterRegistry meters) {
    this.trail = trail;
    this.meters = meters;
  }

  /**
   * Tells log, audit and metrics.
   *
   * @param code of the refusal that led to it
   * @param holders guests that may run from it
   */
  void ring(Path file, Digest expected, Digest found, String code, List<UUID> holders) {
    meters.counter("hospes_cache_corrupt").increment();
    LOG.error(
        "CORRUPT IMAGE in the cache: {} expected={} found={} ({}): deleted; guests that hold it: {}",
        file,
        expected,
        found,
        code,
        holders);
    trail.record(
        "image.corrupt",
        Map.of(
            "file",
            file.toString(),
            "expected",
            expected.toString(),
            "found",
            found.toString(),
            "holders",
            holders.toString()));
  }
}
