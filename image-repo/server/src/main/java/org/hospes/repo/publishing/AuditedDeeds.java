package org.hospes.repo.publishing;

import java.io.IOException;
import java.util.Map;
import org.hospes.repo.access.AuditTrail;
import org.hospes.repo.access.Visitor;
import org.hospes.repo.refusal.RepositoryRefusal;

/** Does what was asked, and writes down what came of it. Safe for use by many threads. */
final class AuditedDeeds {
  private final AuditTrail audit;

  /** What was asked. */
  interface Deed<T> {
    T run() throws IOException;
  }

  AuditedDeeds(AuditTrail audit) {
    this.audit = audit;
  }

  /**
   * Does it.
   *
   * @param facts for the line, which the deed may add to
   */
  <T> T run(String event, Visitor visitor, Map<String, String> facts, Deed<T> deed)
      throws IOException {
    try {
      T result = deed.run();
      audit.record(event, AuditTrail.Outcome.ACCEPTED, visitor, facts);
      return result;
    } catch (RepositoryRefusal e) {
      facts.put("code", e.code());
      facts.put("reason", e.getMessage());
      facts.put("reference", e.reference());
      e.facts().forEach(facts::putIfAbsent);
      audit.record(event, AuditTrail.Outcome.REFUSED, visitor, facts);
      throw e;
    }
  }
}
