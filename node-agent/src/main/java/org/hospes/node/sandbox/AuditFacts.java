package org.hospes.node.sandbox;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.journal.Failure;

/** What an audit line about a guest says. */
final class AuditFacts {
  private AuditFacts() {}

  /** That a guest came to another phase; with the code of its failure, if it has one. */
  static Map<String, String> moved(
      UUID id, GuestPhase from, Optional<Failure> failure, String reason) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("workspace", id.toString());
    facts.put("from", from.name());
    failure.ifPresent(why -> facts.put("code", why.code()));
    facts.put("reason", reason);
    return facts;
  }

  /** That something was not done for a guest, which stays as it was. */
  static Map<String, String> refused(UUID id, Failure why) {
    return Map.of("workspace", id.toString(), "code", why.code(), "reason", why.message());
  }
}
