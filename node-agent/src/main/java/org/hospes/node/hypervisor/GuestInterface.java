package org.hospes.node.hypervisor;

import java.util.Locale;

/**
 * The guest's one network interface.
 *
 * @param bridge the node's bridge that it is plugged into
 * @param device its name on the node, chosen by us so that rules can stand before it exists; at
 *     most 15 of a-z, 0-9 and hyphen, and not one of the names that hypervisors give by themselves
 * @param mac six lower-case octets with colons, unicast
 */
public record GuestInterface(String bridge, String device, String mac) {
  public GuestInterface {
    if (!bridge.matches("[a-z][a-z0-9-]{0,14}")) {
      throw new IllegalArgumentException("not a bridge name: " + bridge);
    }
    if (!device.matches("[a-z][a-z0-9-]{0,14}") || device.matches("(vnet|vif|macvtap|macvlan).*")) {
      throw new IllegalArgumentException("not a name for a guest's device: " + device);
    }
    mac = mac.toLowerCase(Locale.ROOT);
    if (!mac.matches("[0-9a-f][02468ace](:[0-9a-f]{2}){5}")) {
      throw new IllegalArgumentException("not a unicast MAC address: " + mac);
    }
  }
}
