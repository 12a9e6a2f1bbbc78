package org.hospes.service.workspace;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Why something was not done, for people and for programs.
 *
 * @param code stable and dotted: {@code image.signer.untrusted}
 * @param message what was asked, expected and found
 * @param advice what to do about it
 * @param facts names and values: DN, rule, digests
 */
public record Refusal(
    Category category,
    String code,
    String message,
    Optional<String> advice,
    Map<String, String> facts) {

  /** Who can do something about it; decides the client's exit code. */
  public enum Category {
    /** The site failed; the same request may do later. */
    SITE,
    INVALID,
    NOT_FOUND,
    UNAUTHENTICATED,
    IMAGE_REFUSED,
    NOT_ALLOWED,
    TIMED_OUT,
    NO_CAPACITY,
    CONFLICT;

    /** Whether the same request can be answered otherwise a little later. */
    public boolean transientByNature() {
      return this == SITE || this == TIMED_OUT;
    }
  }

  public Refusal {
    facts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /** A refusal without advice or facts. */
  public static Refusal of(Category category, String code, String message) {
    return new Refusal(category, code, message, Optional.empty(), Map.of());
  }

  /** The same with this advice. */
  public Refusal advice(String text) {
    return new Refusal(category, code, message, Optional.of(text), facts);
  }

  /** The same with one more fact. */
  public Refusal fact(String name, Object value) {
    Map<String, String> more = new LinkedHashMap<>(facts);
    more.put(name, String.valueOf(value));
    return new Refusal(category, code, message, advice, more);
  }

  /** This refusal as an exception. */
  public RefusedException toException() {
    return new RefusedException(this);
  }
}
