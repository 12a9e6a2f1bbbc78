package org.hospes.wire.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes each signed message once. A message is remembered for as long as its timestamp could pass
 * again, by the server after this one, too, where there is a directory to remember in. What cannot
 * be known to be new is refused: without such a directory, and after a power cut, what was signed
 * before this server started; a message dated ahead of its time is therefore on the disk before it
 * is taken. Safe for use by many threads.
 */
final class ReplayGuard implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplayGuard.class);
  private static final int MOST = 500_000;

  /** Some 400 a second for as long as they are remembered: more than a caller alone gets taken. */
  private static final int MOST_OF_ONE = MOST / 4;

  private static final Duration SWEEP = Duration.ofSeconds(30);

  /** Until when, and of whom; null for one that a server before took. */
  private record Taken(Instant until, DistinguishedName signer) {}

  private final Clock clock;
  private final Duration remembered;
  private final Instant since;
  private final SeenMessages memory;
  private final Map<SeenMessages.Key, Taken> seen = new HashMap<>();
  private final Map<DistinguishedName, Integer> ofOne = new HashMap<>();
  private Instant nextSweep;

  /**
   * A guard that remembers as long as it lives.
   *
   * @param remembered at least the lifetime of a message and the clock skew on both sides
   */
  ReplayGuard(Clock clock, Duration remembered) {
    this(clock, remembered, null);
  }

  /**
   * A guard.
   *
   * @param memory what outlives it, closed with it; null for none
   */
  ReplayGuard(Clock clock, Duration remembered, SeenMessages memory) {
    this.clock = clock;
    this.remembered = remembered;
    this.memory = memory;
    Instant started = clock.instant();
    this.since = memory == null ? started : memory.since();
    this.nextSweep = started.plus(remembered);
    if (memory != null) {
      memory.recalled().forEach((key, until) -> seen.put(key, new Taken(until, null)));
    }
  }

  /**
   * @throws RefusalException UNAUTHENTICATED when it was taken before or could have been, SITE when
   *     there are too many to remember, or it could not be written down
   */
  void take(DistinguishedName signer, String messageId, Instant signedAt) {
    Instant now = clock.instant();
    SeenMessages.Key key = SeenMessages.Key.of(signer, messageId);
    try {
      takeOnce(key, signer, messageId, signedAt, now);
      if (memory != null && signedAt.isAfter(now)) {
        // Nobody else waits for the disk.
        memory.sync();
      }
    } catch (IOException e) {
      LOG.error("a message could not be written down, and was refused: {}", e.toString());
      throw RefusalException.of(
              FaultCategory.SITE,
              "site.memory",
              "the site cannot write down which messages it took, and takes none")
          .causedBy(e);
    }
  }

  private synchronized void takeOnce(
      SeenMessages.Key key,
      DistinguishedName signer,
      String messageId,
      Instant signedAt,
      Instant now)
      throws IOException {
    sweep(now);
    if (seen.containsKey(key)) {
      throw RefusalException.of(
              FaultCategory.UNAUTHENTICATED, "message.replayed", "this message was received before")
          .fact("messageId", messageId)
          .advice("A new request needs a new wsa:MessageID.");
    }
    if (signedAt.isBefore(since)) {
      throw RefusalException.of(
              FaultCategory.UNAUTHENTICATED,
              "message.before-start",
              "the message was signed before this server started, so that it may be a replay")
          .fact("signedAt", signedAt)
          .fact("serverStarted", since)
          .advice("Send it again; if that does not help, check this machine's clock.");
    }
    if (seen.size() >= MOST || ofOne.getOrDefault(signer, 0) >= MOST_OF_ONE) {
      throw RefusalException.of(
          FaultCategory.SITE, "site.busy", "too many messages at once; try again in a minute");
    }
    Instant until = now.plus(remembered);
    if (memory != null) {
      memory.add(key, until, now);
    }
    seen.put(key, new Taken(until, signer));
    ofOne.merge(signer, 1, Integer::sum);
  }

  private void sweep(Instant now) {
    if (now.isAfter(nextSweep)) {
      nextSweep = now.plus(SWEEP);
      seen.values().removeIf(taken -> now.isAfter(taken.until));
      ofOne.clear();
      seen.values().stream()
          .filter(taken -> taken.signer != null)
          .forEach(taken -> ofOne.merge(taken.signer, 1, Integer::sum));
    }
  }

  @Override
  public synchronized void close() {
    if (memory != null) {
      try {
        memory.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
