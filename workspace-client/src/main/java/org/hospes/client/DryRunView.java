package org.hospes.client;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;

/**
 * What would be deployed, as {@code deploy --dry-run -o json} prints it: a workspace, and the
 * decisions beside.
 */
public record DryRunView(@JsonUnwrapped WorkspaceView workspace, List<DecisionView> decisions) {
  public DryRunView {
    decisions = List.copyOf(decisions);
  }
}
