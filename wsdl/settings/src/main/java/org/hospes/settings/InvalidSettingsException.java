package org.hospes.settings;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** A configuration with mistakes; its message lists every one, a line each. */
public final class InvalidSettingsException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient List<Problem> problems;

  /** Takes the mistakes and orders them by file, then line; there must be at least one. */
  public InvalidSettingsException(List<Problem> problems) {
    super(ordered(problems).stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = ordered(problems);
  }

  /** Every mistake, ordered by file, then line; never empty. */
  public List<Problem> problems() {
    return problems;
  }

  private static List<Problem> ordered(List<Problem> problems) {
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("a configuration without mistakes is not invalid");
    }
    return problems.stream()
        .sorted(Comparator.comparing(Problem::file).thenComparingInt(Problem::line))
        .toList();
  }
}
