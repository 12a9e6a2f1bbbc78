package org.hospes.service.admission;

import java.util.List;
import org.hospes.service.workspace.Workspace;

/**
 * What became of a request that was accepted.
 *
 * @param workspace as saved; for a dry run one that was not
 * @param decisions of each policy, which all accept
 */
public record Admitted(Workspace workspace, List<Decision> decisions) {
  public Admitted {
    decisions = List.copyOf(decisions);
  }
}
