package org.hospes.e2e;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

/** Guests on the one Xen host, seen with Xen's own eyes, and what they see themselves. */
final class XenGuests {
  static final String NODE = "node1";
  static final Duration LONG = Site.patience(Duration.ofSeconds(120));
  private static final String DONE = "that is all";

  /** Prints whether a port takes a connection. */
  private static final String LOOK =
      """
      #!/bin/sh
      look() { if nc -w 4 "$2" "$3" </dev/null >/dev/null 2>&1; then echo "$1: open"; else echo "$1: shut"; fi; }
      """;

  private final Site site;
  private final Guests guests;

  XenGuests(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  /**
   * A domain as {@code xl} lists it.
   *
   * @param number Xen's own, never given twice until the host boots
   */
  record Listed(String name, int number, String uuid) {}

  /** Every domain but the first. */
  List<Listed> listed() throws Exception {
    List<Listed> found = new ArrayList<>();
    for (String line : site.at(NODE, "xl", "list", "-v").orFail().out().lines().skip(1).toList()) {
      String[] words = line.strip().split("\\s+");
      if (!words[1].equals("0")) {
        found.add(new Listed(words[0], Integer.parseInt(words[1]), words[6]));
      }
    }
    return found;
  }

  /** The one domain that there is, which is this guest's. */
  Listed only(String id) throws Exception {
    List<Listed> found = listed();
    assertEquals(List.of(id), found.stream().map(Listed::uuid).toList(), found.toString());
    return found.get(0);
  }

  /** A guest that runs this script. */
  JsonNode running(Guests.Published image, String script) throws Exception {
    Path file = site.directory().resolve("run/" + UUID.randomUUID() + ".sh");
    Files.writeString(file, script);
    return guests.running(image.reference(), "--forward", "80", "--user-data", file.toString());
  }

  /** A script that looks at these ports at once: each {@code NAME ADDRESS PORT}. */
  static String looking(String... ports) {
    StringBuilder script = new StringBuilder(LOOK);
    for (String port : ports) {
      script.append("look ").append(port).append(" &\n");
    }
    return script.append("wait\necho ").append(DONE).append('\n').toString();
  }

  /**
   * A script that looks outside as itself, with another's address, with another MAC, and over IPv6
   * at its node, and tells everybody that this other address is its own.
   */
  static String spoofing(String victim) {
    return LOOK
        + """
        own=$(ip -4 -o addr show dev eth0 | awk '{print $4; exit}')
        mac=$(cat /sys/class/net/eth0/address)
        gateway=$(ip route | awk '/^default/ {print $3; exit}')
        be() {
          ip link set eth0 down; ip addr flush dev eth0; ip link set eth0 address "$2"
          ip link set eth0 up; ip addr add "$1" dev eth0; ip route add default via "$gateway"
        }
        look before 203.0.113.1 80
        be VICTIM/24 $mac; look another-address 203.0.113.1 80; arping -A -c 3 -I eth0 VICTIM
        be $own 52:54:00:11:22:33; look another-mac 203.0.113.1 80
        be $own $mac; look after 203.0.113.1 80
        ip -6 addr add fd00::2/64 dev eth0; sleep 3
        ping -6 -c 2 -W 3 fd00::2 >/dev/null 2>&1 && echo "itself over IPv6: open"
        ping -6 -c 2 -W 3 fd00::1 >/dev/null 2>&1 || echo "node over IPv6: shut"
        """
            .replace("VICTIM", victim)
        + "echo "
        + DONE
        + "\n";
  }

  /** What the guest's script had to say. */
  static Set<String> seen(JsonNode workspace) throws Exception {
    AtomicReference<String> output = new AtomicReference<>("");
    Site.await(
        "the guest to have looked around",
        LONG,
        () -> {
          Guests.answer(workspace, "/output").ifPresent(output::set);
          return output.get().contains(DONE);
        });
    return output.get().lines().filter(line -> !line.equals(DONE)).collect(toSet());
  }

  /** Puts a file where the agent's host has it under this name. */
  void copy(Path file, String there) throws Exception {
    Map<String, String> lab = Map.of("HOSPES_LAB_DIR", site.directory().resolve("lab").toString());
    site.at(NODE, "mkdir", "-p", Path.of(there).getParent().toString()).orFail();
    String copying = "packaging/lab/xen-node.sh";
    site.shell().run(lab, copying, "copy", NODE, file.toString(), there).orFail();
  }

  /** Ends it; neither libvirt nor Xen, the bridge or the node's disk has anything of it. */
  void destroy(JsonNode workspace) throws Exception {
    String id = workspace.path("id").asText();
    guests.destroy(workspace);
    assertEquals(
        Optional.empty(), listed().stream().filter(domain -> domain.uuid().equals(id)).findAny());
    String links = site.at(NODE, "ip", "-o", "link").orFail().out();
    assertFalse(links.contains("hg" + id.substring(0, 8)), links);
    String models = site.at(NODE, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").out();
    assertFalse(models.contains("-name hospes-" + id), "its device model runs on");
  }
}
