package org.hospes.trust.credential;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Papers that cannot be used. Codes: {@code credential.missing}, {@code
 * credential.readable-by-others}, {@code credential.passphrase.needed}, {@code
 * credential.passphrase.wrong}, {@code credential.mismatch}, {@code credential.malformed}, {@code
 * credential.proxy} (a proxy where none is taken), {@code credential.foreign} (a proxy in {@code
 * /tmp} that belongs to somebody else).
 */
public final class CredentialException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final transient Path file;
  private final String advice;
  private final transient Map<String, String> facts = new LinkedHashMap<>();

  /**
   * One problem.
   *
   * @param file the file concerned, or null when none is
   * @param message what was expected and found, without the file's name
   * @param advice what to do, or null
   */
  public CredentialException(String code, Path file, String message, String advice) {
    super(file == null ? message : file + ": " + message);
    this.code = code;
    this.file = file;
    this.advice = advice;
    if (file != null) {
      facts.put("file", file.toString());
    }
  }

  CredentialException because(Throwable cause) {
    initCause(cause);
    return this;
  }

  CredentialException fact(String name, String value) {
    facts.put(name, value);
    return this;
  }

  /** Stable and dotted. */
  public String code() {
    return code;
  }

  /** The file concerned. */
  public Optional<Path> file() {
    return Optional.ofNullable(file);
  }

  /** What to do. */
  public Optional<String> advice() {
    return Optional.ofNullable(advice);
  }

  /** What was found, by name: {@code file}, {@code mode}, {@code looked-at}. */
  public Map<String, String> facts() {
    return Map.copyOf(facts);
  }
}
