package org.hospes.wire.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class AuditTextTest {
  private static final int LONGEST = AuditText.LONGEST;

  @Test
  void whatFitsStaysAsItIs() {
    String text = "x".repeat(LONGEST);
    assertSame(text, AuditText.bounded(text));
    assertNull(AuditText.bounded(null));
  }

  @Test
  void whatIsLongerIsCutAndSaysSo() {
    assertEquals(
        "x".repeat(LONGEST) + "... (" + (LONGEST + 1) + " characters)",
        AuditText.bounded("x".repeat(LONGEST + 1)));
  }

  @Test
  void noCharacterIsCutInTwo() {
    String bounded = AuditText.bounded("x".repeat(LONGEST - 1) + "\uD83D\uDE00".repeat(2));
    assertEquals("x".repeat(LONGEST - 1) + "... (" + (LONGEST + 3) + " characters)", bounded);
    assertEquals("a?b", AuditText.bounded("a\uDE00b"));
  }
}
