package org.hospes.trust.receipt;

import java.util.UUID;

/**
 * The first line of a file with the receipts of one workspace, whatever nodes it ran on.
 *
 * @param workspace whose
 */
public record Excerpt(UUID workspace) implements ReceiptLine {
  /** The line to write, without a line feed. */
  public byte[] line() {
    return new LineText("excerpt").text("workspace", workspace).close();
  }

  static Excerpt read(LineCursor line) throws MalformedLineException {
    Excerpt excerpt = new Excerpt(line.uuid("workspace"));
    line.end();
    return excerpt;
  }
}
