package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One guest's life on a real Xen host, through service, agent and command as they are shipped. */
@Tag("xen-smoke")
@ExtendWith(SiteExtension.class)
class XenSmokeTest {
  private final Site site;
  private final Guests guests;
  private final XenGuests xen;

  XenSmokeTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
    this.xen = new XenGuests(site);
  }

  @Test
  void aGuestFromItsSignedImageToItsEnd() throws Exception {
    Guests.Published image = guests.freshlyPublished();
    String node = site.node(XenGuests.NODE);
    // What a guest finds shut is there, then.
    site.at(XenGuests.NODE, "curl", "-sf", "-m", "10", "http://" + site.neighbour() + "/").orFail();
    JsonNode workspace =
        xen.running(
            image,
            XenGuests.looking(
                "outside 203.0.113.1 80",
                "neighbour " + site.neighbour() + " 80",
                "service " + site.head() + " 9443",
                "node-ssh " + node + " 22",
                "node-agent " + node + " 9445",
                "bridge-ssh 192.168.150.1 22",
                "bridge-agent 192.168.150.1 9445",
                "private-10 10.0.0.1 80",
                "private-172 172.16.0.1 80",
                "link-local 169.254.169.254 80"));
    String id = workspace.path("id").asText();
    verifiedThere(workspace, image);
    XenGuests.Listed domain = xen.only(id);
    assertEquals("hospes-" + id, domain.name());
    assertEquals(List.of(id), site.domains(XenGuests.NODE));

    String page = Guests.page(workspace);
    assertTrue(page.contains("ip=" + workspace.path("address").asText()), page);
    assertEquals(
        Set.of(
            "outside: open",
            "neighbour: shut",
            "service: shut",
            "node-ssh: shut",
            "node-agent: shut",
            "bridge-ssh: shut",
            "bridge-agent: shut",
            "private-10: shut",
            "private-172: shut",
            "link-local: shut"),
        XenGuests.seen(workspace));
    String console = site.workspace(site.ada(), "console", id).out();
    assertTrue(console.contains("HOSPES-GUEST ready"), console);

    theAgentIsKilled(workspace, domain);
    xen.destroy(workspace);
    assertEquals(List.of(), xen.listed());
  }

  /** By the node, on its own copy, before it booted. */
  private void verifiedThere(JsonNode workspace, Guests.Published image) throws Exception {
    List<String> moments = workspace.path("timeline").findValuesAsText("state");
    assertTrue(
        moments.containsAll(
            List.of("REQUESTED", "PLACED", "FETCHED", "VERIFIED", "STAGED", "RUNNING")),
        moments.toString());
    assertEquals("CLASSIC_SHA1", workspace.path("image").path("form").asText());
    assertEquals(image.digest(), workspace.path("image").path("digest").asText());
    String held = "/var/lib/hospes/cache/sha256/" + Site.hex(image.digest());
    String found = site.at(XenGuests.NODE, "sha256sum", held).orFail().out();
    assertEquals(Site.hex(image.digest()), found.split(" ")[0]);
    String listed = site.workspace(site.olga(), "node", "list", "-o", "json").out();
    assertTrue(listed.contains("Xen 4.17 (" + Site.XEN_KIND + ")"), listed);
  }

  /** The guest does not notice, and the agent finds the very same one again. */
  private void theAgentIsKilled(JsonNode workspace, XenGuests.Listed domain) throws Exception {
    String id = workspace.path("id").asText();
    site.cluster("kill", XenGuests.NODE).orFail();
    assertTrue(site.isDead(XenGuests.NODE), "the agent is killed");
    Guests.page(workspace);
    site.cluster("start", XenGuests.NODE).orFail();
    site.cluster("wait", XenGuests.NODE).orFail();
    site.awaitNodes();
    Site.await(
        "it runs, the service hears",
        XenGuests.LONG,
        () -> site.show(id).path("state").asText().equals("RUNNING"));
    assertEquals(domain, xen.only(id));
    Guests.page(workspace);
  }
}
