package org.hospes.service.lifecycle;

import java.time.Duration;

/**
 * How patient the driver is.
 *
 * @param lookAgain how often a workspace is looked at when nothing happens
 * @param firstPoll how soon a node at work is asked how far it is; doubled each time
 * @param lastPoll the longest such pause
 * @param firstRetry the pause after a failure; doubled each time
 * @param lastRetry the longest such pause
 * @param attempts how often in a row a node that answers may fail before it counts as final
 * @param leaseGrace how long after a lease's end a silent node is trusted to have ended the guest
 * @param workers threads, each with one workspace at a time
 */
public record LifecycleTimes(
    Duration lookAgain,
    Duration firstPoll,
    Duration lastPoll,
    Duration firstRetry,
    Duration lastRetry,
    int attempts,
    Duration leaseGrace,
    int workers) {
  /** What a site starts with. */
  public static LifecycleTimes usual() {
    return new LifecycleTimes(
        Duration.ofSeconds(5),
        Duration.ofMillis(20),
        Duration.ofMillis(500),
        Duration.ofMillis(250),
        Duration.ofSeconds(30),
        6,
        Duration.ofMinutes(2),
        32);
  }

  /** The same with other times to look again and to trust a silent node. */
  public LifecycleTimes withPatience(Duration look, Duration grace) {
    return new LifecycleTimes(
        look, firstPoll, lastPoll, firstRetry, lastRetry, attempts, grace, workers);
  }

  /** The pause before the given poll, the first being 0. */
  Duration poll(int count) {
    return doubled(firstPoll, lastPoll, count);
  }

  /** The pause before the given retry, the first being 0. */
  Duration retry(int count) {
    return doubled(firstRetry, lastRetry, count);
  }

  private static Duration doubled(Duration first, Duration last, int count) {
    Duration pause = first.multipliedBy(1L << Math.min(count, 20));
    return pause.compareTo(last) < 0 ? pause : last;
  }
}
