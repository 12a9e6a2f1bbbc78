package org.hospes.service.receipt;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.hospes.service.workspace.WorkspaceId;

/** Where workspaces were, as the service decided it. Safe for use by many threads. */
@FunctionalInterface
public interface Placements {
  /**
   * The names of all nodes that each of them was ever placed on, or was to move to; those of which
   * not everything is known are left out.
   */
  Map<WorkspaceId, Set<String>> of(Collection<WorkspaceId> workspaces);
}
