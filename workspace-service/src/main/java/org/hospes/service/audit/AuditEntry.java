package org.hospes.service.audit;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One line of the audit log: who asked what, what was decided, and why.
 *
 * @param event what it was about: {@code deploy}, {@code destroy}, {@code move}, {@code handshake}
 * @param outcome what was decided
 * @param who slash form of a DN, or nobody when it was the service itself
 * @param workspace which workspace
 * @param reason a code or a sentence
 * @param facts whatever else is known, in this order
 */
public record AuditEntry(
    Instant at,
    String event,
    Outcome outcome,
    Optional<String> who,
    Optional<String> workspace,
    String reason,
    Map<String, String> facts) {

  /** What was decided. */
  public enum Outcome {
    ACCEPTED,
    REFUSED,
    DONE,
    FAILED
  }

  public AuditEntry {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /** An entry without person, workspace or facts. */
  public static AuditEntry of(Instant at, String event, Outcome outcome, String reason) {
    return new AuditEntry(at, event, outcome, Optional.empty(), Optional.empty(), reason, Map.of());
  }

  /** The same about that person or host. */
  public AuditEntry by(Object dn) {
    return new AuditEntry(at, event, outcome, Optional.of(dn.toString()), workspace, reason, facts);
  }

  /** The same about that workspace. */
  public AuditEntry about(Object id) {
    return new AuditEntry(at, event, outcome, who, Optional.of(id.toString()), reason, facts);
  }

  /** The same with one more fact. */
  public AuditEntry fact(String name, Object value) {
    Map<String, String> more = new LinkedHashMap<>(facts);
    more.put(name, String.valueOf(value));
    return new AuditEntry(at, event, outcome, who, workspace, reason, more);
  }

  /** The same with these facts besides its own. */
  public AuditEntry facts(Map<String, String> others) {
    Map<String, String> more = new LinkedHashMap<>(facts);
    more.putAll(others);
    return new AuditEntry(at, event, outcome, who, workspace, reason, more);
  }
}
