package org.hospes.repo.access;

import java.util.Map;

/** Where decisions are written down. Safe for use by many threads; never throws. */
@FunctionalInterface
public interface AuditTrail {
  /**
   * Writes one line.
   *
   * @param event what was asked: {@code publish}, {@code endorse}, {@code retire}, {@code read},
   *     {@code upload}
   * @param outcome what was decided
   * @param facts in the order in which they shall stand
   */
  void record(String event, Outcome outcome, Visitor visitor, Map<String, String> facts);

  /** What was decided. */
  enum Outcome {
    ACCEPTED,
    REFUSED
  }
}
