package org.hospes.service.node;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * How far the staging of a guest has come.
 *
 * @param phase for people: {@code fetching}, {@code verifying}
 * @param bytesTotal 0 when not known yet
 */
public record Progress(
    String phase,
    long bytesDone,
    long bytesTotal,
    Optional<Instant> startedAt,
    Optional<Instant> updatedAt) {

  /** Bytes, time and rate as a note for people; empty when nothing was moved. */
  public Optional<String> summary() {
    if (bytesDone <= 0 || startedAt.isEmpty() || updatedAt.isEmpty()) {
      return Optional.empty();
    }
    double seconds =
        Math.max(0.001, Duration.between(startedAt.get(), updatedAt.get()).toMillis() / 1000.0);
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%d bytes in %.1f s, %.1f MB/s",
            bytesDone,
            seconds,
            bytesDone / 1e6 / seconds));
  }
}
