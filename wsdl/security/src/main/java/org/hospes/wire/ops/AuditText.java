package org.hospes.wire.ops;

import java.nio.charset.StandardCharsets;

/**
 * How much of a text goes into an audit log, in all programs alike: whoever has a certificate of
 * any installed CA may send a mebibyte that is refused with its own text, many times a second.
 */
public final class AuditText {
  /** The longest value, in characters. */
  public static final int LONGEST = 16 << 10;

  private AuditText() {}

  /**
   * The text, or its beginning and how long it was; null stays null. Half of a character, as a name
   * in a certificate may hold, becomes a question mark: a line with one could not be written.
   */
  public static String bounded(String text) {
    if (text == null) {
      return null;
    }
    String all = text;
    if (text.length() > LONGEST) {
      int end = Character.isHighSurrogate(text.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
      all = text.substring(0, end) + "... (" + text.length() + " characters)";
    }
    return StandardCharsets.UTF_8.newEncoder().canEncode(all)
        ? all
        : new String(all.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
