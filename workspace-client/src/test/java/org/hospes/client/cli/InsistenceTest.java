package org.hospes.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ConnectException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import org.hospes.contract.common.FaultCategory;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.Test;

/** A site that is away, for as long as the test's clock says. */
class InsistenceTest {
  private static final Instant BEGIN = Instant.parse("2026-11-20T10:00:00Z");
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Exception AWAY = new ConnectException("refused");

  private final List<String> told = new ArrayList<>();
  private final Queue<Object> answers = new ArrayDeque<>();
  private final Hand clock = new Hand();
  private final Insistence insistence =
      new Insistence(clock, nanos -> clock.now = clock.now.plusNanos(nanos));
  private int questions;

  /** Goes on by the pauses alone. */
  private static final class Hand extends Clock {
    private Instant now = BEGIN;

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

  /** What the test wrote down; the last of it for ever. */
  private Boolean answer() throws Exception {
    questions++;
    Object answer = answers.size() > 1 ? answers.remove() : answers.element();
    if (answer instanceof Exception failure) {
      throw failure;
    }
    return (Boolean) answer;
  }

  @Test
  void aSiteThatIsAwayIsAskedAgainAndToldOfOnceEachTime() throws Exception {
    answers.addAll(Collections.nCopies(30, AWAY));
    answers.add(false);
    answers.addAll(Collections.nCopies(30, AWAY));
    answers.add(true);
    assertTrue(insistence.until(LIMIT, told::add, this::answer));
    assertEquals(62, questions);
    assertEquals(2, told.size(), told::toString);
    assertEquals("workspace: no connection: refused; asking again for up to 5m", told.get(0));
    assertTrue(told.get(1).matches(".*; asking again for up to 4m\\d+s"), told.get(1));
  }

  @Test
  void aSiteThatStaysAwayIsTheFailureWhenTheLimitEnds() {
    answers.add(false);
    answers.addAll(Collections.nCopies(100, AWAY));
    Exception last = new ConnectException("no route");
    answers.add(last);
    assertSame(
        last,
        assertThrows(Exception.class, () -> insistence.until(LIMIT, told::add, this::answer)));
    Duration passed = Duration.between(BEGIN, clock.now);
    assertTrue(passed.compareTo(LIMIT) <= 0, passed::toString);
    assertTrue(passed.compareTo(LIMIT.minusSeconds(2)) > 0, passed::toString);
    assertEquals(1, told.size(), told::toString);
  }

  @Test
  void whereNoTimeIsLeftNothingIsPromised() {
    answers.add(AWAY);
    assertSame(
        AWAY,
        assertThrows(
            Exception.class,
            () -> insistence.until(Duration.ofMillis(1), told::add, this::answer)));
    assertEquals(1, questions);
    assertEquals(List.of(), told);
  }

  @Test
  void anyOtherFailureIsTheEnd() {
    RefusalException refused =
        RefusalException.of(FaultCategory.NOT_FOUND, "workspace.unknown", "no such workspace");
    answers.add(AWAY);
    answers.add(refused);
    assertSame(
        refused,
        assertThrows(Exception.class, () -> insistence.until(LIMIT, told::add, this::answer)));
    assertEquals(2, questions);
  }

  @Test
  void anAnswerThatIsNoIsAskedForUntilTheLimit() throws Exception {
    answers.add(false);
    assertFalse(insistence.until(LIMIT, told::add, this::answer));
    assertEquals(List.of(), told);
    questions = 0;
    answers.clear();
    answers.add(AWAY);
    assertThrows(ConnectException.class, () -> insistence.ask(this::answer));
    assertEquals(4, questions, "what was not wished for yet is nothing to wait for");
  }
}
