package org.hospes.service.app;

import java.time.Clock;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditEntry.Outcome;
import org.hospes.service.audit.AuditLog;
import org.hospes.trust.path.PathProblem;
import org.hospes.wire.security.FailedHandshake;
import org.hospes.wire.security.RefusedMessage;
import org.hospes.wire.security.SecurityListener;

/** Takes down everyone who was turned away before an endpoint saw them. */
final class AuditedSecurity implements SecurityListener {
  private final AuditLog audit;
  private final Clock clock;

  AuditedSecurity(AuditLog audit, Clock clock) {
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public void handshakeFailed(FailedHandshake failure) {
    AuditEntry entry =
        AuditEntry.of(clock.instant(), "handshake", Outcome.REFUSED, failure.code())
            .fact("from", failure.remoteAddress())
            .fact("message", failure.reason());
    int number = 1;
    for (PathProblem problem : failure.problems()) {
      entry = entry.fact("problem." + number++, problem.code() + ": " + problem.message());
    }
    audit.record(failure.subject().isPresent() ? entry.by(failure.subject().get()) : entry);
  }

  @Override
  public void messageRefused(RefusedMessage refusal) {
    AuditEntry entry =
        AuditEntry.of(clock.instant(), "message", Outcome.REFUSED, refusal.code())
            .fact("reference", refusal.reference())
            .fact("from", refusal.remoteAddress())
            .fact("path", refusal.path())
            .fact("message", refusal.reason())
            .facts(refusal.facts());
    audit.record(refusal.dn().isPresent() ? entry.by(refusal.dn().get()) : entry);
  }
}
