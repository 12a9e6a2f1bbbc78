package org.hospes.client.cli;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.hospes.client.Failure;
import org.hospes.settings.Durations;

/**
 * Asks again: while something is not yet so, and when the site is away or a connection breaks under
 * a question that may be repeated. Every call that Hospes offers may be.
 */
final class Insistence {
  private static final Set<String> PASSING =
      Set.of("site.unreachable", "site.connection", "site.silent");
  private static final int TRIES = 4;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(300);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final Clock clock;
  private final Attachment.Pause pauses;

  Insistence(Clock clock) {
    this(clock, TimeUnit.NANOSECONDS::sleep);
  }

  Insistence(Clock clock, Attachment.Pause pauses) {
    this.clock = clock;
    this.pauses = pauses;
  }

  /** Asks, and again after a broken connection: four times at most. */
  <T> T ask(Callable<T> question) throws Exception {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      try {
        return question.call();
      } catch (Exception e) {
        if (attempt >= TRIES || !PASSING.contains(Failure.of(e).code())) {
          throw e;
        }
        pauses.last(pause.toNanos());
        pause = longer(pause);
      }
    }
  }

  /**
   * Asks until the answer is yes. A site that is away has not answered yet: what was wished for it
   * knows when it is back.
   *
   * @param person is told once each time that it goes away
   * @return whether it was, within the limit
   * @throws Exception what the last question failed by, if the site was away when the limit ended;
   *     any other failure at once
   */
  boolean until(Duration limit, Consumer<String> person, Callable<Boolean> question)
      throws Exception {
    Instant end = clock.instant().plus(limit);
    Duration pause = FIRST_PAUSE;
    boolean away = false;
    while (true) {
      try {
        if (question.call()) {
          return true;
        }
        if (tooLate(pause, end)) {
          return false;
        }
        away = false;
      } catch (Exception e) {
        Failure failure = Failure.of(e);
        if (!PASSING.contains(failure.code()) || tooLate(pause, end)) {
          throw e;
        }
        if (!away) {
          person.accept(
              "workspace: "
                  + Terminal.line(failure.message())
                  + "; asking again for up to "
                  + Durations.format(seconds(Duration.between(clock.instant(), end))));
        }
        away = true;
      }
      pauses.last(pause.toNanos());
      pause = pause.compareTo(Duration.ofSeconds(1)) < 0 ? pause.plusMillis(100) : pause;
    }
  }

  private boolean tooLate(Duration pause, Instant end) {
    return clock.instant().plus(pause).isAfter(end);
  }

  private static Duration seconds(Duration some) {
    return some.plusMillis(999).truncatedTo(ChronoUnit.SECONDS);
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }
}
