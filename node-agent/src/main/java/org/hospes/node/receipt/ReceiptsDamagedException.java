package org.hospes.node.receipt;

import java.io.IOException;
import java.nio.file.Path;

/** The node's receipts are not as it wrote them; it does not go on behind what is not its own. */
public final class ReceiptsDamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  ReceiptsDamagedException(Path file, long line, String what) {
    super(
        file
            + ":"
            + line
            + ": "
            + what
            + "; keep the folder for the audit and move it aside: a new chain then begins");
  }
}
