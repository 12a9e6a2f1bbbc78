package org.hospes.service.admission;

import java.util.List;
import java.util.Optional;
import org.hospes.service.workspace.Owner;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;

/**
 * What is there already.
 *
 * @param person what the one who asks has
 * @param organisation what everybody of the same virtual organisation has together
 */
public record Usage(Amount person, Amount organisation) {
  public static final Usage NONE = new Usage(Amount.NOTHING, Amount.NOTHING);

  /** How much; sums that no number can hold stay at the largest. */
  public record Amount(long workspaces, long cpus, long memoryBytes) {
    static final Amount NOTHING = new Amount(0, 0, 0);

    /** One workspace of that size. */
    static Amount of(Resources resources) {
      return new Amount(1, resources.cpus(), resources.memoryBytes());
    }

    Amount plus(Amount other) {
      return new Amount(
          sum(workspaces, other.workspaces),
          sum(cpus, other.cpus),
          sum(memoryBytes, other.memoryBytes));
    }

    private static long sum(long a, long b) {
      return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }
  }

  /**
   * What an owner has.
   *
   * @param living workspaces that have not ended, at least those of the owner and of the owner's
   *     virtual organisation
   * @param except one that is not counted, because it is the one that is asked for
   */
  static Usage of(Owner owner, List<Workspace> living, Optional<WorkspaceId> except) {
    Amount person = Amount.NOTHING;
    Amount organisation = Amount.NOTHING;
    for (Workspace workspace : living) {
      if (workspace.ended() || except.filter(workspace.id()::equals).isPresent()) {
        continue;
      }
      Owner theirs = workspace.order().owner();
      Amount amount = Amount.of(workspace.order().resources());
      if (theirs.dn().equals(owner.dn())) {
        person = person.plus(amount);
      }
      if (owner.virtualOrganisation().isPresent()
          && theirs.virtualOrganisation().equals(owner.virtualOrganisation())) {
        organisation = organisation.plus(amount);
      }
    }
    return new Usage(person, organisation);
  }
}
