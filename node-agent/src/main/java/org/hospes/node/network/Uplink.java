package org.hospes.node.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.Inet4Address;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the node itself is connected to. Read afresh at each call: networks come and go. */
final class Uplink {
  private final SystemTool tool;

  Uplink(SystemTool tool) {
    this.tool = tool;
  }

  /** The first IPv4 address of an interface, or of the one that the default route takes. */
  String address(Optional<String> wished) throws NetworkRefusedException {
    String name = wished.isPresent() ? wished.get() : ofDefaultRoute();
    try {
      NetworkInterface device = NetworkInterface.getByName(name);
      if (device != null) {
        for (InterfaceAddress a : device.getInterfaceAddresses()) {
          if (a.getAddress() instanceof Inet4Address) {
            return a.getAddress().getHostAddress();
          }
        }
      }
    } catch (SocketException e) {
      throw unreadable(e);
    }
    throw new NetworkRefusedException(
        NetworkRefusedException.Kind.SITE,
        "network.uplink.absent",
        "the uplink " + name + " has no IPv4 address",
        "Set network.uplink to the interface towards the site, or network.forward-address.",
        Map.of("uplink", name));
  }

  private String ofDefaultRoute() throws NetworkRefusedException {
    String json = tool.run("", List.of("ip", "-j", "-4", "route", "show", "default"));
    try {
      for (JsonNode route : new ObjectMapper().readTree(json)) {
        if (route.hasNonNull("dev")) {
          return route.get("dev").asText();
        }
      }
    } catch (JsonProcessingException e) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.SITE,
          "network.tool.failed",
          "ip printed no JSON: " + e.getOriginalMessage(),
          null,
          Map.of("printed", json));
    }
    throw new NetworkRefusedException(
        NetworkRefusedException.Kind.SITE,
        "network.uplink.absent",
        "this node has no default route, so its uplink cannot be told",
        "Set network.uplink to the interface towards the site.",
        Map.of());
  }

  /** Every IPv4 network that the node is a member of, but for the guests' own. */
  List<Subnet> onLink(String exceptBridge) throws NetworkRefusedException {
    List<Subnet> networks = new ArrayList<>();
    try {
      for (NetworkInterface device : NetworkInterface.networkInterfaces().toList()) {
        if (device.getName().equals(exceptBridge)) {
          continue;
        }
        for (InterfaceAddress a : device.getInterfaceAddresses()) {
          if (a.getAddress() instanceof Inet4Address v4) {
            networks.add(Subnet.parse(v4.getHostAddress() + "/" + a.getNetworkPrefixLength()));
          }
        }
      }
    } catch (SocketException e) {
      throw unreadable(e);
    }
    return networks;
  }

  private static NetworkRefusedException unreadable(SocketException e) {
    return new NetworkRefusedException(
        NetworkRefusedException.Kind.SITE,
        "network.interfaces.unreadable",
        "this node's network interfaces cannot be read: " + e.getMessage(),
        null,
        Map.of());
  }
}
