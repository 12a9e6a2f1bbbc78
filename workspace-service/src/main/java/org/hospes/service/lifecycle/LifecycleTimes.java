package org.hospes.service.lifecycle;

import java.time.Duration;

/**
 * How patient the driver is.
 *
 * @param lookAgain how often a workspace is looked at when nothing happens
 * @param longestWait how long a call lets a node at work hold its answer back; a wish that comes
 *     meanwhile, such as to destroy, waits so long
 * @param waitsAtOneNode how many calls to one node do so at once
 * @param firstPoll how long after a node at work was asked how far it is it is asked again, unless
 *     the call itself took longer; doubled each time
 * @param lastPoll the longest such time
 * @param firstRetry the pause after a failure; doubled each time
 * @param lastRetry the longest such pause
 * @param attempts how often in a row a node that answers may fail before it counts as final, of a
 *     guest that never ran or of a migration
 * @param leaseGrace how long after a lease's end a silent node is trusted to have ended the guest
 * @param workers threads, each with one workspace at a time
 */
public record LifecycleTimes(
    Duration lookAgain,
    Duration longestWait,
    int waitsAtOneNode,
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
        Duration.ofSeconds(1),
        3,
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
        look,
        longestWait,
        waitsAtOneNode,
        firstPoll,
        lastPoll,
        firstRetry,
        lastRetry,
        attempts,
        grace,
        workers);
  }

  /** The pause before the given poll, the first being 0, when the step before took so long. */
  Duration poll(int count, Duration took) {
    Duration left = doubled(firstPoll, lastPoll, count).minus(took);
    return left.isNegative() ? Duration.ZERO : left;
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
