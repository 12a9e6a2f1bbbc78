package org.hospes.node.network;

import java.util.List;

/**
 * The bridge that guests are plugged into, with the DHCP and DNS server on it. No packet filter and
 * no NAT: those are {@link NatNetwork}'s. Safe for use by many threads.
 */
public interface GuestBridge {
  /**
   * One guest's fixed lease.
   *
   * @param mac lower case with colons
   */
  record Station(String mac, String address) {}

  /**
   * What the bridge is to be.
   *
   * @param name of the interface
   * @param gateway the node's own address on it, and the guests' name server
   * @param stations the whole pool, declared beforehand so that no guest's coming changes the
   *     server
   */
  record Plan(String name, String gateway, String netmask, List<Station> stations) {
    public Plan {
      stations = List.copyOf(stations);
    }
  }

  /**
   * Makes the bridge unless it stands already as planned.
   *
   * @throws NetworkRefusedException when something else has its name, or it cannot be made
   */
  void ensure(Plan plan) throws NetworkRefusedException;

  /** Takes it down; does nothing when it is not there. */
  void remove(String name) throws NetworkRefusedException;
}
