package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PerMinuteTest {
  private Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private final PerMinute bound =
      new PerMinute(
          new Clock() {
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
          },
          2);

  @Test
  void soManyFromEachAndTheRestAsANumber() {
    assertEquals(OptionalInt.of(0), bound.pass("a"));
    assertEquals(OptionalInt.of(0), bound.pass("a"));
    for (int i = 0; i < 5; i++) {
      assertEquals(OptionalInt.empty(), bound.pass("a"));
    }
    assertEquals(OptionalInt.of(0), bound.pass("b"));
    now = now.plusSeconds(61);
    assertEquals(OptionalInt.of(5), bound.pass("a"));
    assertEquals(OptionalInt.of(0), bound.pass("a"));
    assertEquals(OptionalInt.empty(), bound.pass("a"));
  }
}
