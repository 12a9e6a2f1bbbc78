package org.hospes.service.admission;

import java.time.Duration;
import java.util.Optional;
import org.hospes.service.workspace.Owner;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.caller.Caller;

/**
 * What somebody wants to run.
 *
 * @param owner for whom it is counted
 * @param lease the whole of it; empty where it does not change
 * @param virtualBytes of the disk that the guest sees; empty where the image is not known yet, or
 *     does not change
 */
public record RunRequest(
    Owner owner, Optional<Duration> lease, Resources resources, Optional<Long> virtualBytes) {

  /**
   * What a caller asks for. Who names no lease gets the site's usual one, or as much of it as they
   * may have.
   */
  static RunRequest asked(
      RunPolicy policy,
      Caller caller,
      Resources resources,
      Optional<Duration> lease,
      Duration usual) {
    Duration longest = policy.longestLease(caller).orElse(usual);
    return new RunRequest(
        new Owner(caller.dn(), policy.virtualOrganisation(caller)),
        Optional.of(lease.orElse(usual.compareTo(longest) < 0 ? usual : longest)),
        resources,
        Optional.empty());
  }

  /** That a workspace which is there runs again, within the lease that it has. */
  public static RunRequest again(Workspace workspace) {
    return new RunRequest(
        workspace.order().owner(),
        Optional.empty(),
        workspace.order().resources(),
        Optional.empty());
  }

  /** The same with this lease. */
  public RunRequest withLease(Duration length) {
    return new RunRequest(owner, Optional.of(length), resources, virtualBytes);
  }

  /** The same with an image whose disk is so large. */
  public RunRequest withDisk(long bytes) {
    return new RunRequest(owner, lease, resources, Optional.of(bytes));
  }
}
