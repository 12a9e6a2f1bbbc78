package org.hospes.settings;

/**
 * One mistake in a configuration file.
 *
 * @param file the file as the operator named it
 * @param line counted from 1; 0 when the mistake belongs to no line
 * @param key the full key with its sections, such as {@code limits.max-cpus}; empty for the file
 * @param message what is wrong, what was expected, and what to write instead
 */
public record Problem(String file, int line, String key, String message) {
  /** {@code file:line: key: message}, the parts that are not known left out. */
  @Override
  public String toString() {
    return file + (line > 0 ? ":" + line : "") + ": " + (key.isEmpty() ? "" : key + ": ") + message;
  }
}
