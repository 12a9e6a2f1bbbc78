package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final long SECOND = 1_000_000_000L;

  private long now = 17;
  private final Pace pace =
      new Pace(new Pace.Rule(1000, Duration.ofSeconds(10), Duration.ofSeconds(30)), () -> now);

  private void waiting(int seconds, long bytes) throws IOException {
    pace.begin(0);
    now += seconds * SECOND;
    pace.end(bytes);
  }

  @Test
  void aTrickleIsCutOffAfterTheGrace() throws Exception {
    for (int i = 0; i < 10; i++) {
      waiting(1, 1);
    }
    assertThrows(IOException.class, () -> waiting(1, 1));
  }

  @Test
  void aBodyThatKeepsThePaceArrives() throws Exception {
    for (int i = 0; i < 25; i++) {
      waiting(1, 1100);
    }
    assertFalse(pace.tooSlow());
  }

  @Test
  void aFastBeginningEarnsNoRightToStall() throws Exception {
    waiting(1, 1_000_000_000);
    pace.begin(5000);
    now += 11 * SECOND;
    assertTrue(pace.tooSlow());
  }

  @Test
  void aStretchIsForgottenWhenItWasGood() throws Exception {
    waiting(5, 1_000_000);
    waiting(6, 6_000);
    for (int i = 0; i < 10; i++) {
      waiting(1, 1);
    }
    assertThrows(IOException.class, () -> waiting(1, 1));
  }

  @Test
  void workOfOurOwnDoesNotCount() throws Exception {
    waiting(1, 10);
    now += 3600 * SECOND;
    assertFalse(pace.tooSlow());
    assertDoesNotThrow(() -> waiting(1, 10));
  }

  @Test
  void aWaitThatDoesNotEndIsSeenFromOutside() {
    pace.begin(0);
    now += 9 * SECOND;
    assertFalse(pace.tooSlow());
    now += 2 * SECOND;
    assertTrue(pace.tooSlow());
  }

  @Test
  void whatIsOnItsWayCountsAsMoved() {
    pace.begin(64_000);
    now += 20 * SECOND;
    assertFalse(pace.tooSlow());
    now += 11 * SECOND;
    assertTrue(pace.tooSlow(), "longer than the longest");
  }

  @Test
  void theEndOfABodyIsNeverTooLate() throws Exception {
    pace.begin(0);
    now += 20 * SECOND;
    pace.end(-1);
  }

  @Test
  void theKeeperCutsOnce() {
    AtomicInteger cuts = new AtomicInteger();
    try (PaceKeeper keeper = new PaceKeeper()) {
      keeper.watch(pace, cuts::incrementAndGet);
      keeper.look();
      assertEquals(0, cuts.get());
      pace.begin(0);
      now += 60 * SECOND;
      keeper.look();
      keeper.look();
      assertEquals(1, cuts.get());
    }
  }
}
