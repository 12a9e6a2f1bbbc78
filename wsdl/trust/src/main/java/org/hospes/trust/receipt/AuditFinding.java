package org.hospes.trust.receipt;

import java.util.Comparator;

/**
 * One thing that an audit found.
 *
 * @param kind what it means for the files
 * @param file where
 * @param line in which of its lines, from 1; 0 for the file as a whole
 * @param what it is about
 * @param expected what an untouched file has there
 * @param found what stands there
 */
public record AuditFinding(
    Kind kind, String file, long line, String what, String expected, String found) {
  static final Comparator<AuditFinding> ORDER =
      Comparator.comparing(AuditFinding::kind)
          .thenComparing(AuditFinding::file)
          .thenComparingLong(AuditFinding::line);

  /** What a finding means. */
  public enum Kind {
    /** Something is not as it was written and signed, or is not by that service. */
    ALTERED,
    /** What would show that nothing is missing is itself missing. */
    NOT_SHOWN,
    /** To know; it changes nothing. */
    NOTE
  }

  @Override
  public String toString() {
    String where = line > 0 ? file + ":" + line : file;
    return kind == Kind.NOTE
        ? where + ": " + what + ": " + found
        : where + ": " + what + ": expected " + expected + ", found " + found;
  }
}
