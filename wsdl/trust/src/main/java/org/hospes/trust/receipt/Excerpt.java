package org.hospes.trust.receipt;

import java.util.Optional;
import java.util.UUID;

/**
 * The first line of a file with the receipts of one workspace, whatever nodes it ran on; or of a
 * page of them, counted from the oldest on in the order in which they were countersigned.
 *
 * @param workspace whose
 * @param after how many come before the first one here
 * @param to how many there are up to the last one here; empty where there were no more
 */
public record Excerpt(UUID workspace, long after, Optional<Long> to) implements ReceiptLine {
  /** Checks that a page has something, or is the last. */
  public Excerpt {
    if (after < 0 || to.filter(last -> last <= after).isPresent()) {
      throw new IllegalArgumentException("not a page of receipts: from " + after + " to " + to);
    }
  }

  /** All of a workspace's receipts in one file. */
  public static Excerpt all(UUID workspace) {
    return new Excerpt(workspace, 0, Optional.empty());
  }

  /** The line to write, without a line feed. */
  public byte[] line() {
    LineText text = new LineText("excerpt").text("workspace", workspace);
    if (after == 0 && to.isEmpty()) {
      return text.close();
    }
    return text.number("after", after)
        .key("to")
        .raw(to.map(String::valueOf).orElse("null"))
        .close();
  }

  static Excerpt read(LineCursor line) throws MalformedLineException {
    UUID workspace = line.uuid("workspace");
    Excerpt excerpt = all(workspace);
    if (line.looking(",")) {
      long after = line.number("after", 0);
      line.key("to");
      // All of them in one file are written without a range.
      if (after == 0 || !line.skip("null")) {
        excerpt = new Excerpt(workspace, after, Optional.of(line.numeral(after + 1)));
      } else {
        excerpt = new Excerpt(workspace, after, Optional.empty());
      }
    }
    line.end();
    return excerpt;
  }
}
