package org.hospes.repo.refusal;

import java.security.SecureRandom;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.ImageRefusedException;

/**
 * No, with a reason; translated to a SOAP fault or an HTTP status at the edge. Built by chaining.
 */
public final class RepositoryRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** What kind of no; decides the client's exit code. */
  public enum Kind {
    INVALID,
    NOT_FOUND,
    NOT_ALLOWED,
    IMAGE_REFUSED,
    CONFLICT,
    NO_CAPACITY
  }

  private final Kind kind;
  private final String code;
  private final String reference;
  private final LinkedHashMap<String, String> facts = new LinkedHashMap<>();
  private String advice;

  /**
   * @param code stable and dotted
   * @param message for people
   */
  public RepositoryRefusal(Kind kind, String code, String message) {
    this(kind, code, message, null);
  }

  private RepositoryRefusal(Kind kind, String code, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.code = code;
    byte[] random = new byte[6];
    RANDOM.nextBytes(random);
    this.reference = HexFormat.of().formatHex(random);
  }

  /** The refusal of an image, with its facts. */
  public static RepositoryRefusal of(ImageRefusedException refused) {
    RepositoryRefusal refusal =
        new RepositoryRefusal(Kind.IMAGE_REFUSED, refused.code(), refused.getMessage(), refused);
    refused.facts().forEach(refusal::fact);
    refused.advice().ifPresent(refusal::advice);
    return refusal;
  }

  /** Adds a fact. */
  public RepositoryRefusal fact(String name, Object value) {
    facts.put(name, String.valueOf(value));
    return this;
  }

  /** Says what to do about it. */
  public RepositoryRefusal advice(String text) {
    advice = text;
    return this;
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

  /** Names the line of the audit log. */
  public String reference() {
    return reference;
  }

  public Map<String, String> facts() {
    return Collections.unmodifiableMap(facts);
  }
}
