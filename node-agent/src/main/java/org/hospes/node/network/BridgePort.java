package org.hospes.node.network;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
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
    batch(
        List.of(
            "link set dev " + device + " isolated on learning off flood off mcast_flood off",
            "fdb replace " + a.mac() + " dev " + device + " master static"));
  }

  /** Compares what the kernel says of the port with what it must be. */
  void readBack(Attachment a) throws NetworkRefusedException {
    String device = a.interfaceName();
    List<JsonNode> found = listed("link show dev " + device, "fdb show dev " + device);
    Map<String, String> differing = differing(a, found.get(0).path(0), found.get(1));
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
    List<JsonNode> found = listed("link show", "fdb show br " + bridge);
    Map<String, JsonNode> links = new HashMap<>();
    for (JsonNode link : found.get(0)) {
      if (link.path("master").asText().equals(bridge)) {
        links.put(link.path("ifname").asText(), link);
      }
    }
    JsonNode table = found.get(1);
    return guests.stream()
        .filter(a -> links.containsKey(a.interfaceName()))
        .filter(a -> !differing(a, links.get(a.interfaceName()), table).isEmpty())
        .toList();
  }

  private static Map<String, String> differing(Attachment a, JsonNode link, JsonNode table) {
    Map<String, String> differing = new LinkedHashMap<>();
    compare(differing, "bridge", a.bridge(), link.path("master").asText("none"));
    EXPECTED.forEach(
        (name, value) ->
            compare(differing, name, value.toString(), link.path(name).asText("absent")));
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

  /** What two commands list, each as one JSON value. */
  private List<JsonNode> listed(String one, String other) throws NetworkRefusedException {
    String printed = batch(List.of(one, other), "-j", "-d");
    ObjectMapper json = new ObjectMapper();
    try (JsonParser values = json.createParser(printed)) {
      JsonNode first = json.readTree(values);
      JsonNode second = json.readTree(values);
      if (first != null && second != null && values.nextToken() == null) {
        return List.of(first, second);
      }
      throw unreadable(printed, "two values were expected");
    } catch (JsonProcessingException e) {
      throw unreadable(printed, e.getOriginalMessage());
    } catch (IOException e) {
      throw unreadable(printed, e.getMessage());
    }
  }

  /** One program for several commands; it stops at the first that fails, and says so. */
  private String batch(List<String> commands, String... options) throws NetworkRefusedException {
    List<String> program = new ArrayList<>(List.of("bridge"));
    program.addAll(List.of(options));
    program.addAll(List.of("-batch", "-"));
    return tool.run(String.join("\n", commands) + "\n", program);
  }

  private static NetworkRefusedException unreadable(String printed, String why) {
    return new NetworkRefusedException(
        NetworkRefusedException.Kind.SITE,
        "network.tool.failed",
        "bridge -j printed no JSON that can be read: " + why,
        null,
        Map.of("printed", printed));
  }
}
