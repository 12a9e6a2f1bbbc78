package org.hospes.node.sandbox;

import java.util.Map;

/** Where decisions go, one line each. Must not throw. */
@FunctionalInterface
public interface AuditTrail {
  /** Nobody reads it. */
  AuditTrail NONE = (event, facts) -> {};

  /**
   * Writes a line.
   *
   * @param event dotted: {@code guest.ordered}
   */
  void record(String event, Map<String, String> facts);
}
