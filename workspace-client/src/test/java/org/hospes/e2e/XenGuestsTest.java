package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** What guests on a real Xen host do to each other, and what happens to them. */
@Tag("xen")
@ExtendWith(SiteExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class XenGuestsTest {
  private final Site site;
  private final Guests guests;
  private final XenGuests xen;
  private Guests.Published image;

  XenGuestsTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
    this.xen = new XenGuests(site);
  }

  @BeforeAll
  void publish() throws Exception {
    image = guests.published();
  }

  @Test
  void twoGuestsDoNotSeeEachOther() throws Exception {
    JsonNode first = xen.running(image, XenGuests.looking());
    String address = first.path("address").asText();
    Guests.page(first);
    JsonNode second =
        xen.running(image, XenGuests.looking("outside 203.0.113.1 80", "other " + address + " 80"));
    assertEquals(
        Set.of(first.path("id").asText(), second.path("id").asText()),
        xen.listed().stream().map(XenGuests.Listed::uuid).collect(Collectors.toSet()));
    assertEquals(Set.of("outside: open", "other: shut"), XenGuests.seen(second));
    // It was there to be seen all the while.
    Guests.page(first);
    xen.destroy(second);
    xen.only(first.path("id").asText());
    nobodyIsTakenForHim(first, address);
    xen.destroy(first);
  }

  private void nobodyIsTakenForHim(JsonNode victim, String address) throws Exception {
    String known = neighbour(address);
    // The rules alone keep IPv6 out then.
    String on =
        "sysctl -qw net.ipv6.conf.hospes0.disable_ipv6=0; ip -6 addr add fd00::1/64 dev hospes0 nodad";
    site.at(XenGuests.NODE, "sh", "-c", on).orFail();
    JsonNode liar = xen.running(image, XenGuests.spoofing(address));
    Set<String> seen = XenGuests.seen(liar);
    assertEquals(
        Set.of(
            "before: open",
            "another-address: shut",
            "another-mac: shut",
            "after: open",
            "itself over IPv6: open",
            "node over IPv6: shut"),
        seen.stream().filter(line -> line.matches("[a-zA-Z6 -]+: .*")).collect(Collectors.toSet()),
        seen.toString());
    assertTrue(seen.stream().anyMatch(line -> line.startsWith("Sent 3 probe")), seen.toString());
    assertEquals(known, neighbour(address), "whom the node takes for " + address);
    Guests.page(victim);
    site.at(XenGuests.NODE, "sysctl", "-qw", "net.ipv6.conf.hospes0.disable_ipv6=1").orFail();
    xen.destroy(liar);
  }

  /** The MAC that the node sends to when it sends to this address. */
  private String neighbour(String address) throws Exception {
    String line = site.at(XenGuests.NODE, "ip", "neigh", "show", address).orFail().out();
    String mac = line.replaceFirst("(?s).* lladdr (\\S+) .*", "$1");
    assertTrue(mac.matches("[0-9a-f:]{17}"), line);
    return mac;
  }

  /** Xen has the domain then, and libvirt, when it is back, knows nothing of it. */
  @Test
  void libvirtdKilledInTheMiddleOfACreate() throws Exception {
    TypedCommand.Outcome asked =
        site.workspace(
            site.ada(),
            "deploy",
            image.reference(),
            "--memory",
            "128M",
            "--forward",
            "80",
            "-o",
            "json");
    assertEquals(0, asked.exit(), asked.err());
    JsonNode workspace = Site.json(asked.out());
    String id = workspace.path("id").asText();
    String kill =
        """
        for i in $(seq 3000); do
          if xl list -v | grep -q "$0"; then
            kill -9 "$(cat /run/libvirtd.pid)"
            xl list -v
            exit 0
          fi
        done
        exit 1
        """;
    String left = site.at(XenGuests.NODE, "sh", "-c", kill, id).orFail().out();
    int number =
        left.lines()
            .filter(line -> line.contains(id))
            .map(line -> Integer.parseInt(line.strip().split("\\s+")[1]))
            .findFirst()
            .orElseThrow();
    Site.await(
        "it runs all the same",
        XenGuests.LONG,
        () -> site.show(id).path("state").asText().equals("RUNNING"));
    XenGuests.Listed domain = xen.only(id);
    assertFalse(domain.number() == number, "the domain that libvirt lost: " + left);
    assertEquals(List.of(id), site.domains(XenGuests.NODE));
    String log = site.at(XenGuests.NODE, "cat", "/var/log/hospes/node-agent.log").orFail().out();
    assertTrue(
        log.contains(
            "workspace="
                + id
                + " has a domain of Xen that libvirt does not know, number="
                + number),
        log);
    JsonNode shown = site.show(id);
    Guests.page(shown);
    xen.destroy(shown);
  }

  /** Xen does not start it again, the node notices, and its last words are kept. */
  @Test
  void aGuestThatPanicsIsNoticed() throws Exception {
    JsonNode workspace = xen.running(image, "#!/bin/sh\nsleep 3\necho c > /proc/sysrq-trigger\n");
    String id = workspace.path("id").asText();
    Site.await(
        "its end",
        XenGuests.LONG,
        () -> List.of("DESTROYED", "FAILED").contains(site.show(id).path("state").asText()));
    guests.assertNothingLeft(id);
    assertEquals(List.of(), xen.listed());
    String log = "/var/log/xen/console/guest-hospes-" + id + ".log";
    String console = site.at(XenGuests.NODE, "cat", log).orFail().out();
    assertTrue(console.contains("Kernel panic"), console);
    JsonNode refusal = site.show(id).path("refusal");
    assertEquals("guest.crashed", refusal.path("code").asText(), refusal.toString());
    assertTrue(refusal.path("facts").toString().contains("Kernel panic"), refusal.toString());
  }

  /** The node's logrotate turns it over, Xen writes on into a new one, and the agent reads on. */
  @Test
  void aFloodedConsoleIsKeptWithinBounds() throws Exception {
    JsonNode workspace =
        xen.running(
            image,
            """
            #!/bin/sh
            yes "a line of a guest that has much to say about nothing at all" | head -c 1300000
            echo "the flood is over"
            while :; do sleep 4; echo "still there"; done
            """);
    String id = workspace.path("id").asText();
    String log = "/var/log/xen/console/guest-hospes-" + id + ".log";
    Site.await(
        "the flood to be over",
        XenGuests.LONG,
        () -> site.at(XenGuests.NODE, "grep", "-q", "the flood is over", log).exit() == 0);
    assertTrue(size(log) > 1_300_000, "so much was written");
    site.at(XenGuests.NODE, "systemctl", "start", "hospes-consoles.service").orFail();
    Site.await(
        "a new log",
        XenGuests.LONG,
        () -> size(log) > 0 && size(log) < 100_000 && size(log + ".0") > 0);
    assertTrue(size(log + ".0") > 1_300_000, "what was written is kept");
    TypedCommand.Outcome console = site.workspace(site.ada(), "console", id);
    assertTrue(console.out().strip().endsWith("still there"), console.out());
    xen.destroy(workspace);
  }

  private long size(String file) throws Exception {
    Shell.Result found = site.at(XenGuests.NODE, "stat", "-c", "%s", file);
    return found.exit() == 0 ? Long.parseLong(found.out().strip()) : 0;
  }
}
