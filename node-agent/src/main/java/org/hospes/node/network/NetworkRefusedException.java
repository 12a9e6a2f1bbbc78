package org.hospes.node.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The network cannot give what was asked, or is not what it must be. Carries the facts. */
public final class NetworkRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Whose matter it is. */
  public enum Kind {
    /** No address or port is left. */
    NO_CAPACITY,
    /** The port asked for belongs to another guest. */
    TAKEN,
    /** What was asked can never be given: a port outside the node's range. */
    INVALID,
    /** The node's own fault: a tool failed, a rule is not there. */
    SITE
  }

  private final Kind kind;
  private final String code;
  private final String advice;
  private final transient Map<String, String> facts;

  /**
   * With everything a person needs.
   *
   * @param code stable and dotted: {@code network.rules.differ}
   * @param advice what to do, or null
   * @param facts such as expected and found
   */
  public NetworkRefusedException(
      Kind kind, String code, String message, String advice, Map<String, String> facts) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.advice = advice;
    this.facts = new LinkedHashMap<>(facts);
  }

  public Kind kind() {
    return kind;
  }

  public String code() {
    return code;
  }

  public Optional<String> advice() {
    return Optional.ofNullable(advice);
  }

  public Map<String, String> facts() {
    return Map.copyOf(facts);
  }
}
