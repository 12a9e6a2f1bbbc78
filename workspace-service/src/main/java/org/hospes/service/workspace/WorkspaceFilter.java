package org.hospes.service.workspace;

import java.util.Optional;
import java.util.Set;
import org.hospes.trust.path.DistinguishedName;

/**
 * Which workspaces a list shows.
 *
 * @param states these only; empty for all
 * @param ended whether those destroyed or failed are shown; asking for such a state shows them too
 */
public record WorkspaceFilter(
    Optional<DistinguishedName> owner, Set<State> states, Optional<String> name, boolean ended) {
  public WorkspaceFilter {
    states = Set.copyOf(states);
  }

  /** Everything. */
  public static WorkspaceFilter all() {
    return new WorkspaceFilter(Optional.empty(), Set.of(), Optional.empty(), true);
  }

  /** The states it lets through. */
  public Set<State> wantedStates() {
    if (!states.isEmpty()) {
      return states;
    }
    return Set.of(State.values()).stream()
        .filter(s -> ended || !s.terminal())
        .collect(java.util.stream.Collectors.toUnmodifiableSet());
  }
}
