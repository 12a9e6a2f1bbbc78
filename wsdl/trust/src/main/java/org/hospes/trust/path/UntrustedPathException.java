package org.hospes.trust.path;

import java.util.List;
import java.util.stream.Collectors;

/** A chain that does not validate; carries every reason. For logs and audit, not for strangers. */
public final class UntrustedPathException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient List<PathProblem> problems;
  private final String subject;

  /** One refusal with all its reasons, the most telling first; at least one. */
  public UntrustedPathException(String subject, List<PathProblem> problems) {
    super(
        subject
            + ": "
            + problems.stream().map(PathProblem::message).collect(Collectors.joining("; ")));
    this.subject = subject;
    this.problems = List.copyOf(problems);
  }

  /** Every reason, the most telling first; never empty. */
  public List<PathProblem> problems() {
    return problems;
  }

  /** The leaf's subject in slash form, or "no certificate". */
  public String subject() {
    return subject;
  }

  /** The code of the first reason. */
  public String code() {
    return problems.get(0).code();
  }
}
