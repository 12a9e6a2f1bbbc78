package org.hospes.service.admission;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Verb;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.caller.Caller;

/**
 * Decides whether a lease may end later. What holds at a deployment holds here: the owner is still
 * in the grid-mapfile, the whole lease is not longer than the site allows, and what the owner has
 * is within the quota. Operators may extend for others, within the same limits.
 */
public final class LeaseExtension {
  private final Rights rights;
  private final WorkspaceRepository workspaces;
  private final Clock clock;

  public LeaseExtension(Rights rights, WorkspaceRepository workspaces, Clock clock) {
    this.rights = rights;
    this.workspaces = workspaces;
    this.clock = clock;
  }

  /**
   * The workspace with a lease that does not end before the given time; the same one when it does
   * not anyhow. Nothing is saved.
   *
   * @throws org.hospes.service.workspace.RefusedException with the reason
   */
  public Workspace extended(Caller caller, Workspace workspace, Instant end) {
    Instant now = clock.instant();
    Verb.EXTEND.requireAllowed(workspace, now);
    rights.requireMayRunAgain(caller);
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
    Quota.requireLease(whole, rights.limits());
    Quota.require(workspace.order(), others(workspace), rights.limits());
    return workspace.extended(
        new Lease(workspace.lease().starts(), whole), "extended by " + caller.dn().slash(), now);
  }

  private List<Workspace> others(Workspace workspace) {
    return workspaces
        .page(
            new WorkspaceFilter(Optional.of(workspace.owner()), Set.of(), Optional.empty(), false),
            Optional.empty(),
            Integer.MAX_VALUE)
        .stream()
        .filter(other -> !other.id().equals(workspace.id()))
        .toList();
  }
}
