package org.hospes.service.node;

import java.net.URI;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.workspace.Resources;

/**
 * What a node says of itself when it registers.
 *
 * @param agentAddress where its agent takes orders
 * @param capabilities what may be asked of its guests beyond deploy and destroy: stop, pause,
 *     snapshot, suspend, migrate, ahead
 * @param capacity all it gives to guests; scratch stands for its disk
 * @param forwardAddress where forwarded ports are reached
 * @param platform what its guests run on, in one word: one that is off may go to a node that says
 *     the same
 * @param machine what the memory of its guests is written for: one that is suspended may go to a
 *     node that says the very same; empty: nowhere
 */
public record NodeFacts(
    URI agentAddress,
    String hypervisor,
    Set<String> capabilities,
    Resources capacity,
    String forwardAddress,
    String version,
    Optional<String> platform,
    Optional<String> machine) {
  public NodeFacts {
    capabilities = Set.copyOf(capabilities);
  }

  /** Whether it copies files of guests before they are left to it, and lets others copy its. */
  public boolean copiesAhead() {
    return capabilities.contains("ahead");
  }
}
