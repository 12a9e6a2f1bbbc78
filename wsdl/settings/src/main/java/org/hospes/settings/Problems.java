package org.hospes.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects every mistake of one or several configuration files, so that the operator learns all of
 * them at once. Not safe for several threads.
 */
public final class Problems {
  private final List<Problem> found = new ArrayList<>();

  /** Adds one mistake; the very same one is kept once. */
  public void add(Problem problem) {
    if (!found.contains(problem)) {
      found.add(problem);
    }
  }

  /** Adds one mistake; {@code line} 0 when it belongs to no line. */
  public void add(String file, int line, String key, String message) {
    add(new Problem(file, line, key, message));
  }

  /** Every mistake so far, in the order found. */
  public List<Problem> list() {
    return List.copyOf(found);
  }

  /** True when nothing was found wrong. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /**
   * Ends the reading of a configuration.
   *
   * @throws InvalidSettingsException with every mistake, ordered by file and line, when there is
   *     any
   */
  public void throwIfAny() throws InvalidSettingsException {
    if (!found.isEmpty()) {
      throw new InvalidSettingsException(found);
    }
  }
}
