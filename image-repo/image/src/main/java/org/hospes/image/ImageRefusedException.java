package org.hospes.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An image that must not boot, with what a person needs to see why. Built by chaining:
 *
 * <pre>{@code
 * throw new ImageRefusedException("image.digest.mismatch", "the disk is not the one described")
 *     .fact("expected", manifest.sha256())
 *     .fact("found", found)
 *     .advice("publish the image again");
 * }</pre>
 */
public final class ImageRefusedException extends Exception {
  private static final long serialVersionUID = 1L;
  private final String code;
  private final LinkedHashMap<String, String> facts = new LinkedHashMap<>();
  private String advice;

  /**
   * @param code stable and dotted, such as {@code image.signer.untrusted}
   * @param message for people
   */
  public ImageRefusedException(String code, String message) {
    super(message);
    this.code = code;
  }

  public ImageRefusedException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** Adds a fact: {@code signer}, {@code rule}, {@code expected}, {@code found} and the like. */
  public ImageRefusedException fact(String name, Object value) {
    facts.put(name, String.valueOf(value));
    return this;
  }

  /** Says what to do about it. */
  public ImageRefusedException advice(String text) {
    advice = text;
    return this;
  }

  /** Stable and dotted. */
  public String code() {
    return code;
  }

  /** What to do about it. */
  public Optional<String> advice() {
    return Optional.ofNullable(advice);
  }

  /** The facts, in the order in which they were added. */
  public Map<String, String> facts() {
    return Collections.unmodifiableMap(facts);
  }
}
