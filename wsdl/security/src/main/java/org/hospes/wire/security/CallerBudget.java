package org.hospes.wire.security;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;

/**
 * Keeps one caller from taking the server from the others. Who asks faster than {@link #RATE} while
 * somebody else asks too is slowed to it, each request waiting its turn; who has too many requests
 * under way then is sent away. As long as nobody else is there a caller may have all but a quarter
 * of the threads, at any rate. Callers are end entities: more proxies or connections give nobody
 * more. Safe for use by many threads.
 */
final class CallerBudget {
  /** Requests a second. */
  static final int RATE = 50;

  /** Requests at once before that counts. */
  static final int BURST = 100;

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final long ACTIVE = 2 * SECOND;
  private static final long FORGOTTEN = 60 * SECOND;

  private final int mostAlone;
  private final int mostBeside;
  private final LongSupplier nanos;
  private final Map<DistinguishedName, Account> accounts = new HashMap<>();
  private long nextSweep;

  private static final class Account {
    private double requests = BURST;
    private long at;
    private int underWay;
  }

  /**
   * A budget.
   *
   * @param threads how many there are for all callers
   * @param nanos a clock that only goes forward
   */
  CallerBudget(int threads, LongSupplier nanos) {
    this.mostAlone = Math.max(1, threads - threads / 4);
    this.mostBeside = Math.max(1, threads / 4);
    this.nanos = nanos;
    this.nextSweep = nanos.getAsLong() + FORGOTTEN;
  }

  /**
   * Lets a request in; {@link #leave} follows when it is done.
   *
   * @return how long it has to wait first, in nanoseconds
   * @throws RefusalException NO_CAPACITY {@code site.slow-down}: it is not let in
   */
  synchronized long enter(DistinguishedName caller) {
    long now = nanos.getAsLong();
    sweep(now);
    Account account = accounts.get(caller);
    if (account == null) {
      account = new Account();
      account.at = now;
      accounts.put(caller, account);
    }
    account.requests =
        Math.min(BURST, account.requests + (double) (now - account.at) / SECOND * RATE);
    account.at = now;
    boolean alone = alone(caller, now);
    double left = account.requests - 1;
    if (account.underWay >= (alone ? mostAlone : mostBeside) || !alone && left < -RATE) {
      throw RefusalException.of(
              FaultCategory.NO_CAPACITY,
              "site.slow-down",
              "you ask faster than this site can answer while others ask, too")
          .fact("requestsPerSecond", RATE)
          .advice("Wait a second, and ask less often.");
    }
    account.underWay++;
    account.requests = alone ? Math.max(left, 0) : left;
    return alone || left >= 0 ? 0 : (long) (-left / RATE * SECOND);
  }

  /** Ends what {@link #enter} let in. */
  synchronized void leave(DistinguishedName caller) {
    accounts.get(caller).underWay--;
  }

  private boolean alone(DistinguishedName caller, long now) {
    for (Map.Entry<DistinguishedName, Account> other : accounts.entrySet()) {
      Account account = other.getValue();
      if (!other.getKey().equals(caller) && (account.underWay > 0 || now - account.at < ACTIVE)) {
        return false;
      }
    }
    return true;
  }

  private void sweep(long now) {
    if (now - nextSweep > 0) {
      nextSweep = now + FORGOTTEN;
      accounts.values().removeIf(a -> a.underWay == 0 && now - a.at > FORGOTTEN);
    }
  }
}
