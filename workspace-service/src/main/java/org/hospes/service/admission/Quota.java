package org.hospes.service.admission;

import java.time.Duration;
import java.util.List;
import org.hospes.service.workspace.Order;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Workspace;

/** Whether one more order stays within what a person may have. Pure functions. */
final class Quota {
  private Quota() {}

  static void requireLease(Duration asked, UserLimits limits) {
    if (asked.compareTo(limits.lease()) > 0) {
      throw exceeded("quota.lease", "lease", asked, limits.lease(), "ask for a shorter lease")
          .toException();
    }
  }

  /**
   * @param living the person's workspaces that have not ended
   */
  static void require(Order order, List<Workspace> living, UserLimits limits) {
    Resources used =
        living.stream().map(w -> w.order().resources()).reduce(order.resources(), Resources::plus);
    String advice = "destroy a workspace, or ask the site's operators for more";
    if (living.size() + 1 > limits.workspaces()) {
      throw exceeded(
              "quota.workspaces", "workspaces", living.size() + 1, limits.workspaces(), advice)
          .toException();
    }
    if (used.cpus() > limits.cpus()) {
      throw exceeded("quota.cpus", "CPUs", used.cpus(), limits.cpus(), advice).toException();
    }
    if (used.memoryBytes() > limits.memoryBytes()) {
      throw exceeded(
              "quota.memory", "bytes of memory", used.memoryBytes(), limits.memoryBytes(), advice)
          .toException();
    }
  }

  private static Refusal exceeded(
      String code, String what, Object wanted, Object limit, String advice) {
    return Refusal.of(
            Refusal.Category.NOT_ALLOWED,
            code,
            "with this request you would have "
                + wanted
                + " ("
                + what
                + "); this site allows one person "
                + limit)
        .advice(advice)
        .fact("limit", limit)
        .fact("wanted", wanted);
  }
}
