package org.hospes.trust.receipt;

import java.util.List;
import java.util.stream.Collectors;

/** Lines of a node that the service does not countersign; nothing of them counts. */
public final class RefusedBatchesException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient List<AuditFinding> findings;

  RefusedBatchesException(List<AuditFinding> findings) {
    super(findings.stream().map(AuditFinding::toString).collect(Collectors.joining("; ")));
    this.findings = List.copyOf(findings);
  }

  /** What is wrong, the worst first; the lines are counted from 1. */
  public List<AuditFinding> findings() {
    return findings;
  }
}
