package org.hospes.node.journal;

import java.time.Instant;

/**
 * How the bytes came here.
 *
 * @param bytes that crossed the wire; 0 when the cache had them all
 * @param millis that the transfer took
 */
public record Staging(Instant endedAt, long bytes, long millis) {
  /** For a timeline: {@code staged 67108864 bytes in 812 ms, 82.6 MB/s}. */
  public String text() {
    if (bytes == 0) {
      return "staged from the cache";
    }
    double rate = bytes / 1000.0 / Math.max(1, millis);
    return String.format(
        java.util.Locale.ROOT, "staged %d bytes in %d ms, %.1f MB/s", bytes, millis, rate);
  }
}
