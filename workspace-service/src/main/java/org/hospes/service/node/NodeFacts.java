package org.hospes.service.node;

import java.net.URI;
import java.util.Set;
import org.hospes.service.workspace.Resources;

/**
 * What a node says of itself when it registers.
 *
 * @param agentAddress where its agent takes orders
 * @param capabilities what may be asked of its guests beyond deploy and destroy: stop, pause,
 *     snapshot
 * @param capacity all it gives to guests; scratch stands for its disk
 * @param forwardAddress where forwarded ports are reached
 */
public record NodeFacts(
    URI agentAddress,
    String hypervisor,
    Set<String> capabilities,
    Resources capacity,
    String forwardAddress,
    String version) {
  public NodeFacts {
    capabilities = Set.copyOf(capabilities);
  }
}
