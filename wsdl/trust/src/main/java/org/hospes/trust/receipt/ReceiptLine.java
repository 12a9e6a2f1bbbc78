package org.hospes.trust.receipt;

/**
 * One line of a file of receipts. What counts is its bytes: they are written once, hashed and
 * signed as they stand, and never written again from what was read.
 */
public sealed interface ReceiptLine
    permits Receipt, Papers, Batch, ServiceLine, Seal, Proof, Doubt, Excerpt {
  /** No line is longer, its line feed left out. */
  int LONGEST = 64 * 1024;

  /**
   * Reads a line without its line feed, of whichever kind.
   *
   * @throws MalformedLineException when a byte of it is not as the format has it
   */
  static ReceiptLine read(byte[] line) throws MalformedLineException {
    LineCursor cursor = new LineCursor(line);
    if (line.length > LONGEST) {
      throw new MalformedLineException(
          LONGEST, "a line of at most " + LONGEST + " bytes", line.length + " bytes");
    }
    if (cursor.skip("{\"receipt\":1")) {
      return Receipt.read(cursor);
    } else if (cursor.skip("{\"batch\":1")) {
      return Batch.read(cursor);
    } else if (cursor.looking("{\"certificate\":")) {
      return Papers.read(cursor);
    } else if (cursor.skip("{\"head\":1")) {
      return Head.read(cursor);
    } else if (cursor.skip("{\"enrol\":1")) {
      return Enrolment.read(cursor);
    } else if (cursor.skip("{\"seal\":1")) {
      return Seal.read(cursor);
    } else if (cursor.skip("{\"proof\":1")) {
      return Proof.read(cursor);
    } else if (cursor.skip("{\"doubt\":1")) {
      return Doubt.read(cursor);
    } else if (cursor.skip("{\"excerpt\":1")) {
      return Excerpt.read(cursor);
    }
    throw cursor.wrong(
        "a line that begins with receipt, batch, certificate, head, enrol, seal, proof, doubt or"
            + " excerpt");
  }

  /** The SHA-256 of a line's bytes, as the next line of its chain names it. */
  static String hash(byte[] line) {
    return Hashes.hex(line);
  }
}
