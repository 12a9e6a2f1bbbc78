package org.hospes.node.journal;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Why something was refused or did not work.
 *
 * @param code stable and dotted
 * @param message for people: what was expected and found
 * @param advice what to do
 * @param facts by name, in the order told
 */
public record Failure(
    Category category,
    String code,
    String message,
    Optional<String> advice,
    Map<String, String> facts) {
  /** Whose matter it is; the names are those of the contract. */
  public enum Category {
    SITE,
    INVALID,
    NOT_FOUND,
    IMAGE_REFUSED,
    NOT_ALLOWED,
    TIMED_OUT,
    NO_CAPACITY,
    CONFLICT;

    /** Whether it is the node's own trouble, which ends without anybody asking for less. */
    public boolean mayPass() {
      return this == SITE || this == NO_CAPACITY;
    }
  }

  public Failure {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /** Without advice and facts. */
  public static Failure of(Category category, String code, String message) {
    return new Failure(category, code, message, Optional.empty(), Map.of());
  }

  public Failure advice(String text) {
    return new Failure(category, code, message, Optional.of(text), facts);
  }

  public Failure fact(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(facts);
    more.put(name, value);
    return new Failure(category, code, message, advice, more);
  }
}
