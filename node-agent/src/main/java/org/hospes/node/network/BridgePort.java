package org.hospes.node.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The bridge's end of a guest's interface: isolated from other guests' ports, learning nothing from
 * what the guest sends, its one MAC entered by hand, nothing flooded to it but broadcasts.
 */
final class BridgePort {
  private static final Map<String, Boolean> EXPECTED =
      Map.of("isolated", true, "learning", false, "flood", false, "mcast_flood", false);

  private final SystemTool tool;

  BridgePort(SystemTool tool) {
    this.tool = tool;
  }

  void settle(Attachment a) throws NetworkRefusedException {
    String device = a.interfaceName();
    tool.run(
        "",
        List.of(
            "ip",
            "link",
            "set",
            "dev",
            device,
            "type",
            "bridge_slave",
            "isolated",
            "on",
            "learning",
            "off",
            "flood",
            "off",
            "mcast_flood",
            "off"));
    tool.run("", List.of("bridge", "fdb", "replace", a.mac(), "dev", device, "master", "static"));
  }

  /** Compares what the kernel says of the port with what it must be. */
  void readBack(Attachment a) throws NetworkRefusedException {
    String device = a.interfaceName();
    JsonNode link = json(List.of("ip", "-j", "-d", "link", "show", "dev", device)).path(0);
    JsonNode table = json(List.of("bridge", "-j", "fdb", "show", "dev", device));
    Map<String, String> differing = differing(a, link, table);
    if (!differing.isEmpty()) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.SITE,
          "network.port.differs",
          "the bridge port " + device + " is not as the sandbox demands: " + differing,
          "See who else changes bridge settings on this node; the guest was not started.",
          differing);
    }
  }

  /** Those of the guests whose interface exists and is not as it must be. */
  List<Attachment> unsettled(String bridge, Collection<Attachment> guests)
      throws NetworkRefusedException {
    if (guests.isEmpty()) {
      return List.of();
    }
    Map<String, JsonNode> links = new HashMap<>();
    for (JsonNode link : json(List.of("ip", "-j", "-d", "link", "show", "master", bridge))) {
      links.put(link.path("ifname").asText(), link);
    }
    JsonNode table = json(List.of("bridge", "-j", "fdb", "show", "br", bridge));
    return guests.stream()
        .filter(a -> links.containsKey(a.interfaceName()))
        .filter(a -> !differing(a, links.get(a.interfaceName()), table).isEmpty())
        .toList();
  }

  private static Map<String, String> differing(Attachment a, JsonNode link, JsonNode table) {
    Map<String, String> differing = new LinkedHashMap<>();
    compare(differing, "bridge", a.bridge(), link.path("master").asText("none"));
    JsonNode port = link.path("linkinfo").path("info_slave_data");
    EXPECTED.forEach(
        (name, value) ->
            compare(differing, name, value.toString(), port.path(name).asText("absent")));
    boolean entered = false;
    for (JsonNode row : table) {
      entered |=
          row.path("mac").asText().equals(a.mac())
              && row.path("ifname").asText(a.interfaceName()).equals(a.interfaceName())
              && row.path("state").asText().equals("static");
    }
    compare(differing, "mac " + a.mac(), "static", entered ? "static" : "absent");
    return differing;
  }

  private static void compare(
      Map<String, String> differing, String what, String want, String found) {
    if (!want.equals(found)) {
      differing.put(what, "expected " + want + ", found " + found);
    }
  }

  private JsonNode json(List<String> command) throws NetworkRefusedException {
    String printed = tool.run("", command);
    try {
      return new ObjectMapper().readTree(printed);
    } catch (JsonProcessingException e) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.SITE,
          "network.tool.failed",
          String.join(" ", command) + " printed no JSON: " + e.getOriginalMessage(),
          null,
          Map.of("printed", printed));
    }
  }
}
