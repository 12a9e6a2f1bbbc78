package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTest {
  @Test
  void aForeignNameCannotMoveTheCursorOrTurnTheText() {
    assertEquals("evil name", Terminal.line("\u001b[2J\u001b[1;31mevil\u001b[0m name\u0007"));
    assertEquals("title", Terminal.line("\u001b]0;owned\u0007title"));
    assertEquals("ab", Terminal.line("a\u202eb\u2066"));
    assertEquals("a b", Terminal.line("a\nb"));
    assertEquals("", Terminal.line(null));
    assertEquals("Grüße, 東京", Terminal.line("Grüße, 東京"));
  }

  @Test
  void textKeepsItsLines() {
    assertEquals("a\n\tb", Terminal.text("a\r\n\tb\u009b31m"));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "5", "1000"})
  void aConsoleIsMadeHarmlessWhereverItIsCut(int piece) {
    byte[] console =
        "boot\u001b[32mok\u001b[0m\r\n\u001b]2;title\u001b\\é\u001b(Bx\u009b31m\u00a7\u0000\u007f!\n"
            .getBytes(UTF_8);
    Terminal.ConsoleFilter filter = new Terminal.ConsoleFilter();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < console.length; i += piece) {
      int end = Math.min(console.length, i + piece);
      out.writeBytes(filter.pass(java.util.Arrays.copyOfRange(console, i, end)));
    }
    assertEquals("bootok\néx§!\n", out.toString(UTF_8));
  }
}
