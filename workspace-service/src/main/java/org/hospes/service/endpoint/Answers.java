package org.hospes.service.endpoint;

import java.util.function.Supplier;
import org.hospes.service.admission.Rights;
import org.hospes.service.workspace.RefusedException;
import org.hospes.trust.caller.Caller;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.CallContext;

/** How every call of a known caller is answered: a refusal is audited and goes onto the wire. */
final class Answers {
  private final Rights rights;
  private final CallAudit audit;
  private final Supplier<CallContext> call;

  /** What a caller is answered. */
  interface Answer<T> {
    T to(Caller caller);
  }

  Answers(Rights rights, CallAudit audit, Supplier<CallContext> call) {
    this.rights = rights;
    this.audit = audit;
    this.call = call;
  }

  /**
   * Answers the call that this thread has.
   *
   * @param event its name in the audit log
   */
  <T> T give(String event, Answer<T> answer) {
    CallContext context = call.get();
    try {
      rights.requireMayAsk(context.caller());
      return answer.to(context.caller());
    } catch (RefusedException e) {
      audit.refused(context, event, e.refusal());
      throw onTheWire(e, context);
    }
  }

  static RefusalException onTheWire(RefusedException e, CallContext context) {
    RefusalException wire = Refused.onTheWire(e.refusal());
    return context.messageId().isPresent() ? wire.reference(context.messageId().get()) : wire;
  }
}
