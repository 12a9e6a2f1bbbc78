package org.hospes.trust.receipt;

/**
 * Behind a receipt of an excerpt: the service countersigned that the node wrote it, and knows of
 * something that speaks against what it says.
 *
 * @param why for people
 */
public record Doubt(String why) implements ReceiptLine {
  /** The line to write, without a line feed. */
  public byte[] line() {
    return new LineText("doubt").text("why", why).close();
  }

  static Doubt read(LineCursor line) throws MalformedLineException {
    Doubt doubt = new Doubt(line.text("why"));
    line.end();
    return doubt;
  }
}
