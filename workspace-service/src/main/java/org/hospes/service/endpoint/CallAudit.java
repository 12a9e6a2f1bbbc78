package org.hospes.service.endpoint;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.image.Digest;
import org.hospes.service.admission.Decision;
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
  private final Supplier<Digest> policy;
  private final Clock clock;

  /**
   * @param policy which version of the run policy it is decided by
   */
  CallAudit(AuditLog log, Supplier<CallContext> call, Supplier<Digest> policy, Clock clock) {
    this.log = log;
    this.call = call;
    this.policy = policy;
    this.clock = clock;
  }

  /** An operator who looks at somebody else's leaves a trace of it; people's own looks do not. */
  void looked(String event, Caller caller, Workspace workspace) {
    if (!workspace.owner().equals(caller.dn())) {
      accepted(event, caller, workspace);
    }
  }

  void accepted(String event, Caller caller, Workspace workspace) {
    accepted(event, caller, workspace, Optional.empty());
  }

  /**
   * @param by which rule let it, where more was asked than whose workspace it is
   */
  void accepted(String event, Caller caller, Workspace workspace, Optional<Decision> by) {
    boolean own = workspace.owner().equals(caller.dn());
    record(
        call.get(),
        AuditEntry.of(
                clock.instant(),
                event,
                AuditEntry.Outcome.ACCEPTED,
                own ? "the caller's own" : "the caller operates the site")
            .about(workspace.id())
            .facts(by.map(Decision::facts).orElse(Map.of()))
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
    AuditEntry versioned =
        entry.facts().containsKey("policy") ? entry : entry.fact("policy", policy.get());
    log.record(
        versioned
            .by(context.caller().dn())
            .fact("message-id", context.messageId().orElse("-"))
            .fact("from", context.remoteAddress()));
  }
}
