package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.Test;

/** Who floods waits, and nobody else does. */
class CallerBudgetTest {
  private static final DistinguishedName ADA = new DistinguishedName("/DC=org/CN=Ada");
  private static final DistinguishedName EVE = new DistinguishedName("/DC=org/CN=Eve");
  private static final long SECOND = 1_000_000_000L;

  private long now = -5 * SECOND;
  private final CallerBudget budget = new CallerBudget(64, () -> now);

  private long ask(DistinguishedName who) {
    long wait = budget.enter(who);
    budget.leave(who);
    return wait;
  }

  @Test
  void whoIsAloneIsNeverSlowed() {
    for (int i = 0; i < 10_000; i++) {
      assertEquals(0, ask(EVE));
    }
  }

  @Test
  void whoFloodsBesideAnotherIsSlowedToTheRate() {
    ask(ADA);
    int at = 0;
    long waited = 0;
    while (waited == 0) {
      waited = ask(EVE);
      at++;
    }
    assertEquals(CallerBudget.BURST + 1, at);
    assertEquals(SECOND / CallerBudget.RATE, waited);
    assertEquals(2 * SECOND / CallerBudget.RATE, ask(EVE));
    assertEquals(0, ask(ADA), "the other does not wait");
    now += SECOND;
    assertEquals(0, ask(EVE), "a second later the debt is paid");
  }

  @Test
  void whoDoesNotWaitIsSentAway() {
    ask(ADA);
    RefusalException refused =
        assertThrows(
            RefusalException.class,
            () -> {
              for (int i = 0; i < 1000; i++) {
                ask(EVE);
              }
            });
    assertEquals("site.slow-down", refused.code());
    assertEquals(0, ask(ADA));
  }

  @Test
  void nobodyHoldsEveryThread() {
    for (int i = 0; i < 48; i++) {
      budget.enter(EVE);
    }
    assertThrows(RefusalException.class, () -> budget.enter(EVE));
    for (int i = 0; i < 16; i++) {
      budget.enter(ADA);
    }
    for (int i = 0; i < 33; i++) {
      budget.leave(EVE);
    }
    assertEquals(0, budget.enter(EVE));
    assertThrows(RefusalException.class, () -> budget.enter(EVE), "a quarter beside another");
  }

  @Test
  void whoWentAwayIsForgotten() {
    ask(ADA);
    now += 3 * SECOND;
    for (int i = 0; i < 1000; i++) {
      assertEquals(0, ask(EVE));
    }
    now += 500 * SECOND;
    ask(ADA);
    assertTrue(ask(EVE) == 0);
  }
}
