package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.Test;

class ReplayGuardTest {
  private static final DistinguishedName ADA = new DistinguishedName("/DC=org/CN=Ada");
  private static final DistinguishedName BOB = new DistinguishedName("/DC=org/CN=Bob");
  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

  private final Hand hand = new Hand();
  private final ReplayGuard guard = new ReplayGuard(hand, Duration.ofMinutes(7));

  /** A clock that is moved by hand. */
  private static final class Hand extends Clock {
    private Instant now = START;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private String code(DistinguishedName who, String id, Instant signedAt) {
    return assertThrows(RefusalException.class, () -> guard.take(who, id, signedAt)).code();
  }

  @Test
  void eachMessageOnce() {
    guard.take(ADA, "1", START);
    assertEquals("message.replayed", code(ADA, "1", START));
    guard.take(ADA, "2", START);
  }

  @Test
  void nobodyTakesAnothersNumber() {
    guard.take(BOB, "1", START);
    assertDoesNotThrow(() -> guard.take(ADA, "1", START));
  }

  @Test
  void rememberedAsLongAsItCouldPass() {
    guard.take(ADA, "1", START);
    hand.now = START.plus(Duration.ofMinutes(7));
    assertEquals("message.replayed", code(ADA, "1", START));
    hand.now = START.plus(Duration.ofMinutes(8));
    guard.take(ADA, "1", hand.now);
  }

  @Test
  void whatTheServerBeforeMayHaveTaken() {
    assertEquals("message.before-start", code(ADA, "1", START.minusMillis(1)));
  }
}
