package org.hospes.wire.security;

import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Lets through so many events a minute from each address, so that nobody who only reaches the port
 * can fill the disk of the audit log.
 */
final class PerMinute {
  private static final int MOST_ADDRESSES = 4096;

  private final Clock clock;
  private final int most;
  private final Map<String, Window> windows =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Window> eldest) {
          return size() > MOST_ADDRESSES;
        }
      };

  private static final class Window {
    private Instant end;
    private int passed;
    private int held;
  }

  PerMinute(Clock clock, int most) {
    this.clock = clock;
    this.most = most;
  }

  /**
   * @return how many were held back before this one, or empty when it is held back itself
   */
  synchronized OptionalInt pass(String address) {
    Instant now = clock.instant();
    Window window = windows.computeIfAbsent(address, a -> new Window());
    if (window.end == null || now.isAfter(window.end)) {
      window.end = now.plusSeconds(60);
      window.passed = 0;
    }
    if (window.passed >= most) {
      window.held++;
      return OptionalInt.empty();
    }
    window.passed++;
    int held = window.held;
    window.held = 0;
    return OptionalInt.of(held);
  }
}
