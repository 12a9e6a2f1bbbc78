package org.hospes.wire.refusal;

/** Text that XML 1.0 can carry: a stray control character must not turn a refusal into a 500. */
final class XmlText {
  private XmlText() {}

  static String clean(String text) {
    if (text == null || text.codePoints().allMatch(XmlText::allowed)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> out.appendCodePoint(allowed(c) ? c : 0xFFFD));
    return out.toString();
  }

  private static boolean allowed(int c) {
    return c == '\t'
        || c == '\n'
        || c == '\r'
        || (c >= 0x20 && c <= 0xD7FF)
        || (c >= 0xE000 && c <= 0xFFFD)
        || c >= 0x10000;
  }
}
