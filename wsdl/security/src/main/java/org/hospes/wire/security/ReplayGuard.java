package org.hospes.wire.security;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;

/**
 * Takes each signed message once. A message is remembered for as long as its timestamp could pass
 * again; what was signed before this server started could have been taken by the one before it,
 * whose memory is gone, and is refused.
 */
final class ReplayGuard {
  private static final int MOST = 500_000;

  private final Clock clock;
  private final Duration remembered;
  private final Instant started;
  private final Map<String, Instant> seen = new ConcurrentHashMap<>();
  private final AtomicReference<Instant> nextSweep;

  /**
   * @param remembered at least the lifetime of a message and the clock skew on both sides
   */
  ReplayGuard(Clock clock, Duration remembered) {
    this.clock = clock;
    this.remembered = remembered;
    this.started = clock.instant();
    this.nextSweep = new AtomicReference<>(started.plus(remembered));
  }

  /**
   * @throws RefusalException UNAUTHENTICATED when it was taken before or could have been, SITE when
   *     there are too many to remember
   */
  void take(DistinguishedName signer, String messageId, Instant signedAt) {
    Instant now = clock.instant();
    if (signedAt.isBefore(started)) {
      throw RefusalException.of(
              FaultCategory.UNAUTHENTICATED,
              "message.before-start",
              "the message was signed before this server started, so that it may be a replay")
          .fact("signedAt", signedAt)
          .fact("serverStarted", started)
          .advice("Send it again; if that does not help, check this machine's clock.");
    }
    sweep(now);
    if (seen.size() >= MOST) {
      throw RefusalException.of(
          FaultCategory.SITE, "site.busy", "too many messages at once; try again in a minute");
    }
    if (seen.putIfAbsent(signer + "\n" + messageId, now.plus(remembered)) != null) {
      throw RefusalException.of(
              FaultCategory.UNAUTHENTICATED, "message.replayed", "this message was received before")
          .fact("messageId", messageId)
          .advice("A new request needs a new wsa:MessageID.");
    }
  }

  private void sweep(Instant now) {
    Instant due = nextSweep.get();
    if (now.isAfter(due) && nextSweep.compareAndSet(due, now.plusSeconds(30))) {
      seen.values().removeIf(now::isAfter);
    }
  }
}
