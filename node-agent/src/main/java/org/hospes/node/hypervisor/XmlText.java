package org.hospes.node.hypervisor;

/** What may stand in a domain's document. */
final class XmlText {
  private XmlText() {}

  /** Refuses characters that XML 1.0 cannot carry: a document must come back as it was written. */
  static void require(String what, String text) {
    if (text == null || text.isEmpty()) {
      throw new IllegalArgumentException(what + " is missing");
    }
    text.codePoints()
        .filter(c -> c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffe || c == 0xffff)
        .findFirst()
        .ifPresent(
            c -> {
              throw new IllegalArgumentException(
                  what + " holds the control character U+" + Integer.toHexString(c));
            });
  }
}
