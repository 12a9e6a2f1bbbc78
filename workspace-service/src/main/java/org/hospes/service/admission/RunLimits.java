package org.hospes.service.admission;

import java.time.Duration;
import java.util.Optional;

/**
 * What one workspace may be, by the rule that admits it. Whatever is not limited is {@link
 * Long#MAX_VALUE}.
 *
 * @param lease empty: as long as the site's usual limit
 * @param virtualBytes of the disk that the guest sees
 */
public record RunLimits(
    Optional<Duration> lease, long cpus, long memoryBytes, long scratchBytes, long virtualBytes) {
  /** None but the site's usual lease. */
  public static final RunLimits NONE =
      new RunLimits(
          Optional.empty(), Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
}
