package org.hospes.node.imagecache;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hospes.image.Digest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says loudly, in log, audit and metrics, that the cache met bytes that should not exist. */
final class CacheAlarm {
  private static final Logger LOG = LoggerFactory.getLogger(CacheAlarm.class);

  private final CacheTrail trail;
  private final MeterRegistry meters;

  CacheAlarm(CacheTrail trail, MeterRegistry meters) {
    this.trail = trail;
    this.meters = meters;
  }

  /**
   * An image in the cache is not what it was when it came.
   *
   * @param code of the refusal that led to it
   * @param holders guests that may run from it
   */
  void corrupt(Path file, Digest expected, String found, String code, List<UUID> holders) {
    meters.counter("hospes_cache_corrupt").increment();
    LOG.error(
        "CORRUPT IMAGE in the cache: {} expected={} found={} ({}): deleted; guests that hold it:"
            + " {}",
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
            found,
            "holders",
            holders.toString()));
  }

  /**
   * Two disks have one SHA-1.
   *
   * @param record says so of the first
   */
  void collision(Path record, Digest sha1, Digest known, Digest found) {
    meters.counter("hospes_cache_collisions").increment();
    LOG.error(
        "TWO DISKS WITH ONE SHA-1: {} is known as {} ({}) and came as {}: refused",
        sha1,
        known,
        record,
        found);
    trail.record(
        "image.collision",
        Map.of(
            "file",
            record.toString(),
            "sha1",
            sha1.toString(),
            "expected",
            known.toString(),
            "found",
            found.toString()));
  }
}
