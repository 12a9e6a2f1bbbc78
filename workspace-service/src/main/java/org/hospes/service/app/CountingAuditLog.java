package org.hospes.service.app;

import io.micrometer.core.instrument.MeterRegistry;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;

/** Counts what goes into the audit log, by event and outcome; refusals also by code. */
final class CountingAuditLog implements AuditLog {
  private final AuditLog log;
  private final MeterRegistry meters;

  CountingAuditLog(AuditLog log, MeterRegistry meters) {
    this.log = log;
    this.meters = meters;
  }

  @Override
  public void record(AuditEntry entry) {
    log.record(entry);
    boolean refused = entry.outcome() == AuditEntry.Outcome.REFUSED;
    meters
        .counter(
            "hospes.decisions",
            "event",
            entry.event(),
            "outcome",
            entry.outcome().name(),
            "code",
            refused ? entry.reason() : "")
        .increment();
  }
}
