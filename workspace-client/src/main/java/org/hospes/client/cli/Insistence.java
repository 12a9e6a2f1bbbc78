package org.hospes.client.cli;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.hospes.client.Failure;

/**
 * Asks again: while something is not yet so, and when a connection breaks under a question that may
 * be repeated. Every call that Hospes offers may be.
 */
final class Insistence {
  private static final Set<String> PASSING =
      Set.of("site.unreachable", "site.connection", "site.silent");
  private static final int TRIES = 4;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(300);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final Clock clock;

  Insistence(Clock clock) {
    this.clock = clock;
  }

  /** Asks, and again after a broken connection. */
  <T> T ask(Callable<T> question) throws Exception {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      try {
        return question.call();
      } catch (Exception e) {
        if (attempt >= TRIES || !PASSING.contains(Failure.of(e).code())) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(pause.toMillis());
        pause = longer(pause);
      }
    }
  }

  /**
   * Asks until the answer is yes.
   *
   * @return whether it was, within the limit
   */
  boolean until(Duration limit, Callable<Boolean> question) throws Exception {
    Instant end = clock.instant().plus(limit);
    Duration pause = FIRST_PAUSE;
    while (!question.call()) {
      if (clock.instant().plus(pause).isAfter(end)) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(pause.toMillis());
      pause = pause.compareTo(Duration.ofSeconds(1)) < 0 ? pause.plusMillis(100) : pause;
    }
    return true;
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }
}
