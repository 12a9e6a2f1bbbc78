package org.hospes.service.admission;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Verb;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.caller.Caller;

/**
 * Decides whether a lease may end later. What holds at a deployment holds here: a rule still admits
 * the owner, the whole lease is not longer than it allows, and what the owner and the virtual
 * organisation have is within the quotas. Operators may extend for others, within the same limits.
 */
public final class LeaseExtension {
  private final Rights rights;
  private final Clock clock;

  public LeaseExtension(Rights rights, Clock clock) {
    this.rights = rights;
    this.clock = clock;
  }

  /**
   * The workspace with a lease that does not end before the given time; the same one when it does
   * not anyhow. Nothing is saved.
   *
   * @param decided is told by which rule, the last one being the one that counts
   * @throws org.hospes.service.workspace.RefusedException with the reason
   */
  public Workspace extended(
      Caller caller, Workspace workspace, Instant end, Consumer<Decision> decided) {
    Instant now = clock.instant();
    Verb.EXTEND.requireAllowed(workspace, now);
    decided.accept(rights.requireMayRunAgain(caller));
    if (end == null) {
      throw Refusal.of(Refusal.Category.INVALID, "request.invalid", "leaseEnds: a time expected")
          .fact("leaseEnds", "a time expected, found nothing")
          .toException();
    }
    if (!end.isAfter(workspace.lease().ends())) {
      return workspace;
    }
    Duration length = Duration.between(workspace.lease().starts(), end);
    // Leases are kept in whole seconds.
    Duration whole = length.getNano() == 0 ? length : Duration.ofSeconds(length.getSeconds() + 1);
    decided.accept(
        rights.requireMayRunOn(caller, workspace, RunRequest.again(workspace).withLease(whole)));
    return workspace.extended(
        new Lease(workspace.lease().starts(), whole), "extended by " + caller.dn().slash(), now);
  }
}
