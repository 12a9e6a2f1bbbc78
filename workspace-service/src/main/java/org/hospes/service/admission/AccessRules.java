package org.hospes.service.admission;

import java.util.Map;
import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;

/**
 * The site's access file: which hosts are its nodes, and who may run what.
 *
 * @param nodes host DN to the node's name
 * @param run without a grid-mapfile, which is a file of its own
 */
public record AccessRules(Map<DistinguishedName, String> nodes, RunPolicy run) {
  public AccessRules {
    nodes = Map.copyOf(nodes);
  }

  /** The name of the node with that host certificate. */
  public Optional<String> nodeName(DistinguishedName host) {
    return Optional.ofNullable(nodes.get(host));
  }
}
