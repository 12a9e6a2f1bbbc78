package org.hospes.trust.receipt;

/** A line that is not written exactly as the format has it; nothing of it counts. */
public final class MalformedLineException extends Exception {
  private static final long serialVersionUID = 1L;
  private final int column;
  private final String expected;
  private final String found;

  MalformedLineException(int column, String expected, String found) {
    super("at byte " + column + ": " + expected + " expected, " + found + " found");
    this.column = column;
    this.expected = expected;
    this.found = found;
  }

  /** The byte of the line where it departs from the format; the first is 0. */
  public int column() {
    return column;
  }

  /** What the format has there. */
  public String expected() {
    return expected;
  }

  /** What stands there. */
  public String found() {
    return found;
  }
}
