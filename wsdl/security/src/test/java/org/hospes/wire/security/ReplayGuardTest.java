package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.UUID;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  private ReplayGuard guard(Path directory, UUID run) throws Exception {
    Duration longest = Duration.ofMinutes(7);
    return new ReplayGuard(hand, longest, SeenMessages.open(directory, longest, hand.now, run));
  }

  private static String code(ReplayGuard guard, String id, Instant signedAt) {
    return assertThrows(RefusalException.class, () -> guard.take(ADA, id, signedAt)).code();
  }

  @Test
  void theServerAfterItRemembers(@TempDir Path directory) throws Exception {
    UUID run = UUID.randomUUID();
    ReplayGuard first = guard(directory, run);
    first.take(ADA, "1", START);
    first.take(ADA, "ahead", START.plusSeconds(50));
    // Not closed: it was killed.
    hand.now = START.plusSeconds(30);
    ReplayGuard second = guard(directory, run);
    assertEquals("message.replayed", code(second, "1", START));
    assertEquals("message.replayed", code(second, "ahead", START.plusSeconds(50)));
    second.take(ADA, "signed before the start, and new", START.plusSeconds(20));
    hand.now = START.plusSeconds(60);
    ReplayGuard third = guard(directory, run);
    assertEquals("message.replayed", code(third, "1", START));
    assertEquals(
        "message.replayed", code(third, "signed before the start, and new", START.plusSeconds(20)));
  }

  @Test
  void afterAPowerCutWhatIsNotKnownToBeNewIsRefused(@TempDir Path directory) throws Exception {
    ReplayGuard first = guard(directory, UUID.randomUUID());
    first.take(ADA, "ahead", START.plusSeconds(50));
    hand.now = START.plusSeconds(30);
    ReplayGuard second = guard(directory, UUID.randomUUID());
    assertEquals("message.before-start", code(second, "lost", START.plusSeconds(20)));
    assertEquals("message.replayed", code(second, "ahead", START.plusSeconds(50)));
    second.take(ADA, "new", START.plusSeconds(31));
  }

  @Test
  void aSecondStartKnowsNoMoreThanTheFirst(@TempDir Path directory) throws Exception {
    UUID run = UUID.randomUUID();
    guard(directory, run);
    hand.now = START.plusSeconds(30);
    ReplayGuard second = guard(directory, run);
    assertEquals("message.before-start", code(second, "lost", START.minusMillis(1)));
    second.take(ADA, "new", START.plusMillis(1));
  }

  @Test
  void aFirstStartAndADamagedFileRefuseWhatCameBefore(@TempDir Path directory) throws Exception {
    UUID run = UUID.randomUUID();
    assertEquals("message.before-start", code(guard(directory, run), "1", START.minusMillis(1)));
    Files.write(directory.resolve("messages-seen.0"), new byte[] {1, 2, 3});
    assertEquals("message.before-start", code(guard(directory, run), "1", START.minusMillis(1)));
  }

  @Test
  void aRecordThatWasCutShortHidesNoOther(@TempDir Path directory) throws Exception {
    UUID run = UUID.randomUUID();
    guard(directory, run).take(ADA, "1", START);
    Files.write(directory.resolve("messages-seen.0"), new byte[] {9, 9}, StandardOpenOption.APPEND);
    ReplayGuard second = guard(directory, run);
    assertEquals("message.replayed", code(second, "1", START));
    second.take(ADA, "2", START);
    assertEquals("message.replayed", code(guard(directory, run), "2", START));
  }

  @Test
  void forgetsOnDiskWhatCannotPassAgain(@TempDir Path directory) throws Exception {
    UUID run = UUID.randomUUID();
    ReplayGuard guard = guard(directory, run);
    for (int i = 0; i < 1000; i++) {
      guard.take(ADA, "a" + i, hand.now);
      hand.now = hand.now.plusSeconds(2);
    }
    guard.take(ADA, "last", hand.now);
    long bytes =
        Files.size(directory.resolve("messages-seen.0"))
            + Files.size(directory.resolve("messages-seen.1"));
    assertTrue(bytes < 24 * 600, bytes + " bytes");
    ReplayGuard second = guard(directory, run);
    assertEquals("message.replayed", code(second, "a900", hand.now));
    second.take(ADA, "a1", hand.now);
  }

  @Test
  void oneWhoFloodsFillsTheMemoryForNobodyElse() {
    RefusalException refused = null;
    for (int i = 0; i < 130_000 && refused == null; i++) {
      try {
        guard.take(ADA, "" + i, START);
      } catch (RefusalException e) {
        refused = e;
      }
    }
    assertEquals("site.busy", refused.code());
    guard.take(BOB, "1", START);
    hand.now = START.plus(Duration.ofMinutes(8));
    guard.take(ADA, "again", hand.now);
  }

  @Test
  void whatTheServerBeforeMayHaveTaken() {
    assertEquals("message.before-start", code(ADA, "1", START.minusMillis(1)));
  }
}
