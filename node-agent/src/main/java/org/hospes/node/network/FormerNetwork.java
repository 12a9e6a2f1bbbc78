package org.hospes.node.network;

import java.util.List;

/**
 * What a guest had of the network of the node that it comes from.
 *
 * @param address IPv4
 * @param mac lower case with colons
 * @param gateway the node's address on the bridge there
 */
public record FormerNetwork(String address, String mac, String gateway, List<Forward> forwards) {
  public FormerNetwork {
    forwards = List.copyOf(forwards);
  }

  /** Of a guest that has this now. */
  public static FormerNetwork of(Attachment attachment) {
    return new FormerNetwork(
        attachment.address(), attachment.mac(), attachment.gateway(), attachment.forwards());
  }
}
