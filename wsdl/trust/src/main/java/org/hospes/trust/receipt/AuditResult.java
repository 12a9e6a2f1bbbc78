package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What an audit of files came to.
 *
 * @param verdict the worst of its findings
 * @param receipts how many receipts were read
 * @param doubted of them, those that the service itself doubts
 * @param batches how many signatures of nodes
 * @param heads how many lines of the service's chain
 * @param chains how many chains of nodes
 * @param asOf when the service sealed the newest file; empty when none is sealed
 * @param findings the worst first
 */
public record AuditResult(
    Verdict verdict,
    long receipts,
    long doubted,
    long batches,
    long heads,
    int chains,
    Optional<Instant> asOf,
    List<AuditFinding> findings) {

  /** Keeps its own copy of the findings. */
  public AuditResult {
    findings = List.copyOf(findings);
  }

  /** What can be said of the files together. */
  public enum Verdict {
    /** Every receipt up to the time of the seal is there, as it was written. */
    WHOLE,
    /** Nothing is altered, but it is not shown that nothing is missing. */
    NOT_SHOWN_COMPLETE,
    /** Something was edited, deleted, added, moved or cut off, or is not by that service. */
    ALTERED
  }

  static Verdict verdict(List<AuditFinding> findings) {
    Verdict worst = Verdict.WHOLE;
    for (AuditFinding finding : findings) {
      if (finding.kind() == AuditFinding.Kind.ALTERED) {
        return Verdict.ALTERED;
      }
      if (finding.kind() == AuditFinding.Kind.NOT_SHOWN) {
        worst = Verdict.NOT_SHOWN_COMPLETE;
      }
    }
    return worst;
  }
}
