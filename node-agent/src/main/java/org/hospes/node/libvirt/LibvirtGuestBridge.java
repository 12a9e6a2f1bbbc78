package org.hospes.node.libvirt;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.network.GuestBridge;
import org.hospes.node.network.NetworkRefusedException;
import org.libvirt.Connect;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.Network;

/**
 * The guests' bridge as a transient libvirt network: libvirt makes the interface and runs dnsmasq
 * on it, without packet-filter rules of its own ({@code <forward mode='open'/>}). The network's
 * UUID follows from the plan, so that one made from another plan is recognised.
 */
public final class LibvirtGuestBridge implements GuestBridge, AutoCloseable {
  private final LibvirtConnection connection;

  public LibvirtGuestBridge(String uri) {
    this.connection = new LibvirtConnection(uri);
  }

  @Override
  public void ensure(Plan plan) throws NetworkRefusedException {
    UUID uuid = identity(plan);
    String found =
        call(
            "make the bridge " + plan.name(),
            connect -> {
              String before = uuidOf(connect, plan.name());
              if (before == null) {
                connect.networkCreateXML(xml(plan, uuid)).free();
                return uuid.toString();
              }
              return before;
            });
    if (!found.equals(uuid.toString())) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.SITE,
          "network.bridge.differs",
          "libvirt has a network called " + plan.name() + " that was made from another plan",
          "If guests of this node run on it, let them end; then run 'node-agent cleanup' and start"
              + " the agent again. If it is not ours, set network.bridge to another name.",
          Map.of("network", plan.name(), "expected", uuid.toString(), "found", found));
    }
  }

  @Override
  public void remove(String name) throws NetworkRefusedException {
    call(
        "take down the bridge " + name,
        connect -> {
          try {
            Network network = connect.networkLookupByName(name);
            network.destroy();
            network.free();
          } catch (LibvirtException e) {
            requireAbsent(e);
          }
          return null;
        });
  }

  private static String uuidOf(Connect connect, String name) throws LibvirtException {
    try {
      Network network = connect.networkLookupByName(name);
      String uuid = network.getUUIDString();
      network.free();
      return uuid;
    } catch (LibvirtException e) {
      requireAbsent(e);
      return null;
    }
  }

  private static void requireAbsent(LibvirtException e) throws LibvirtException {
    if (LibvirtErrors.number(e) != ErrorNumber.VIR_ERR_NO_NETWORK) {
      throw e;
    }
  }

  static UUID identity(Plan plan) {
    return UUID.nameUUIDFromBytes(plan.toString().getBytes(StandardCharsets.UTF_8));
  }

  static String xml(Plan plan, UUID uuid) {
    Markup network = Markup.document("network");
    network.add("name").text(plan.name());
    network.add("uuid").text(uuid);
    network.add("forward").with("mode", "open");
    network.add("bridge").with("name", plan.name()).with("stp", "off").with("delay", 0);
    network.add("mac").with("address", macOf(plan.gateway()));
    Markup ip = network.add("ip").with("address", plan.gateway()).with("netmask", plan.netmask());
    // Hosts and no range: dnsmasq answers nobody who is not declared.
    Markup dhcp = ip.add("dhcp");
    for (Station station : plan.stations()) {
      dhcp.add("host").with("mac", station.mac()).with("ip", station.address());
    }
    return network.toXml();
  }

  /**
   * Follows from the address, so that a guest that goes on from its memory on another node finds
   * there the gateway that it knows.
   */
  private static String macOf(String gateway) {
    StringBuilder mac = new StringBuilder("52:54");
    for (String octet : gateway.split("\\.", -1)) {
      mac.append(String.format(":%02x", Integer.parseInt(octet)));
    }
    return mac.toString();
  }

  private <T> T call(String doing, LibvirtConnection.Work<T> work) throws NetworkRefusedException {
    try {
      return connection.call(doing, work);
    } catch (HypervisorException e) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.SITE,
          "network.bridge.failed",
          e.getMessage(),
          "See libvirtd's log; it needs dnsmasq-base, and the address must be free.",
          e.facts());
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
