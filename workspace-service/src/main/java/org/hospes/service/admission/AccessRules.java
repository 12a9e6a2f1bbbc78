package org.hospes.service.admission;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hospes.trust.path.DistinguishedName;

/**
 * The site's own lists: who operates it, which hosts are its nodes, what a person may have.
 *
 * @param operators may see and handle every workspace
 * @param nodes host DN to the node's name
 * @param limitedProxies whether a limited proxy may start and end workspaces, against the custom
 */
public record AccessRules(
    Set<DistinguishedName> operators,
    Map<DistinguishedName, String> nodes,
    UserLimits limits,
    boolean limitedProxies) {
  public AccessRules {
    operators = Set.copyOf(operators);
    nodes = Map.copyOf(nodes);
  }

  /** The name of the node with that host certificate. */
  public Optional<String> nodeName(DistinguishedName host) {
    return Optional.ofNullable(nodes.get(host));
  }
}
