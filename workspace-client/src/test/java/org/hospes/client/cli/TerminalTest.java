package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
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
    assertEquals("bootok\néx§!\n", new String(passed(console, piece), UTF_8));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "5", "1000"})
  void noControlIsPutTogetherFromWhatStandsAroundADroppedOne(int piece) {
    for (String between : new String[] {"\0", "\u001b[m", "\u00c2", "\u00c2\u009b31m", "\u001b"}) {
      byte[] console = ("a\u00c2" + between + "\u009b31mb").getBytes(ISO_8859_1);
      assertHarmless(passed(console, piece));
    }
    byte[] latin = {(byte) 0xc2, '!', (byte) 0xc2, (byte) 0xc2, (byte) 0xa7};
    assertArrayEquals(
        new byte[] {(byte) 0xc2, '!', (byte) 0xc2, (byte) 0xa7}, passed(latin, piece));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "5", "1000"})
  void whatFollowsAStringIsShownHoweverTheStringEnds(int piece) {
    String[] begins = {"\u001b]", "\u001bP", "\u001bX", "\u001b^", "\u001b_", "\u009d", "\u0090"};
    for (String begin : begins) {
      String string = "a" + begin + "0;“title”é";
      assertEquals("ab", shown(string + "\u0007b", piece));
      assertEquals("ab", shown(string + "\u001b\\b", piece));
      assertEquals("ab", shown(string + "\u009cb", piece));
      assertEquals("ab", shown(string + "\u0018b", piece), "CAN");
      assertEquals("ab", shown(string + "\u001ab", piece), "SUB");
      assertEquals("a\nb", shown(string + "\nb", piece));
      assertEquals("a\nb", shown(string + "\u001b\nb", piece));
      assertEquals("ab", shown(string + "\u001b[31mb", piece), "another sequence");
      assertEquals("ab", shown(string + "\u001b(Bb", piece));
      assertEquals("ab", shown(string + "\u001b" + string + "\u0007b", piece), "another string");
      assertEquals("ab", shown(string + "\u001b\u001b\\b", piece));
      assertEquals("a", shown(string + "b", piece));
    }
    assertEquals(
        "console\nKernel panic\n",
        shown("console\u001b]R\u001b]P0000000\nKernel panic\n", piece),
        "Linux's palette");
  }

  private static String shown(String console, int piece) {
    return new String(passed(console.getBytes(UTF_8), piece), UTF_8);
  }

  @Test
  void noBytesAtAllMakeAControl() {
    // ESC, controls of C1 and what makes them of ESC, ends of sequences and strings, CAN, NUL.
    byte[] alphabet = HexFormat.of().parseHex("1bc29b9c9d5b5d5c6d0a071800");
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] console = new byte[24];
      for (int at = 0; at < console.length; at++) {
        console[at] = alphabet[random.nextInt(alphabet.length)];
      }
      byte[] whole = passed(console, console.length);
      assertHarmless(whole);
      assertArrayEquals(whole, passed(console, 1 + random.nextInt(console.length)));
    }
  }

  private static byte[] passed(byte[] console, int piece) {
    Terminal.ConsoleFilter filter = new Terminal.ConsoleFilter();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < console.length; i += piece) {
      int end = Math.min(console.length, i + piece);
      out.writeBytes(filter.pass(Arrays.copyOfRange(console, i, end)));
    }
    return out.toByteArray();
  }

  /** A terminal reads UTF-8, in which controls of C1 are two bytes. */
  private static void assertHarmless(byte[] shown) {
    String text = new String(shown, UTF_8);
    assertTrue(
        text.chars().allMatch(c -> c == '\n' || c == '\t' || !Character.isISOControl(c)),
        () -> HexFormat.of().formatHex(shown));
  }
}
