package org.hospes.node.network;

import java.util.List;
import java.util.UUID;

/**
 * Everything that one guest was given of the network. The journal keeps it, so that an agent that
 * starts again installs and takes away the very same.
 *
 * @param id of the workspace
 * @param bridge that the hypervisor puts the interface on
 * @param interfaceName of the guest's side of the bridge, follows from the id alone: {@code hg} and
 *     the first eight digits of the id
 * @param mac the only one that the guest may use, lower case with colons
 * @param address IPv4, the only one that the guest may use
 * @param gateway the node's address on the bridge
 */
public record Attachment(
    UUID id,
    String bridge,
    String interfaceName,
    String mac,
    String address,
    String gateway,
    List<Forward> forwards) {
  public Attachment {
    forwards = List.copyOf(forwards);
  }

  /** The interface's name for a workspace. */
  public static String interfaceNameOf(UUID id) {
    return "hg" + id.toString().substring(0, 8);
  }
}
