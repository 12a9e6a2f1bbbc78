package org.hospes.service.audit;

/** Takes every decision down. Safe for use by many threads; entries of one thread keep order. */
@FunctionalInterface
public interface AuditLog {
  /**
   * Takes one decision down. Never throws: a full disk must not stop workspaces from ending, so an
   * implementation that cannot write says so in the program's own log, with the entry.
   */
  void record(AuditEntry entry);
}
