package org.hospes.service.endpoint;

import java.time.Clock;
import java.util.function.Supplier;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.caller.Caller;
import org.hospes.wire.security.CallContext;

/** Who asked what, in the audit log. */
final class CallAudit {
  private final AuditLog log;
  private final Supplier<CallContext> call;
  private final Clock clock;

  CallAudit(AuditLog log, Supplier<CallContext> call, Clock clock) {
    this.log = log;
    this.call = call;
    this.clock = clock;
  }

  /** An operator who looks at somebody else's leaves a trace of it; people's own looks do not. */
  void looked(String event, Caller caller, Workspace workspace) {
    if (!workspace.owner().equals(caller.dn())) {
      accepted(event, caller, workspace);
    }
  }

  void accepted(String event, Caller caller, Workspace workspace) {
    boolean own = workspace.owner().equals(caller.dn());
    record(
        call.get(),
        AuditEntry.of(
                clock.instant(),
                event,
                AuditEntry.Outcome.ACCEPTED,
                own ? "the caller's own" : "the caller operates the site")
            .about(workspace.id())
            .fact("owner", workspace.owner()));
  }

  /** An operator did something to a node. */
  void operated(String event, String node) {
    record(
        call.get(),
        AuditEntry.of(
                clock.instant(), event, AuditEntry.Outcome.ACCEPTED, "the caller operates the site")
            .fact("node", node));
  }

  void refused(CallContext context, String event, Refusal refusal) {
    record(
        context,
        AuditEntry.of(clock.instant(), event, AuditEntry.Outcome.REFUSED, refusal.code())
            .fact("message", refusal.message())
            .facts(refusal.facts()));
  }

  private void record(CallContext context, AuditEntry entry) {
    log.record(
        entry
            .by(context.caller().dn())
            .fact("message-id", context.messageId().orElse("-"))
            .fact("from", context.remoteAddress()));
  }
}
