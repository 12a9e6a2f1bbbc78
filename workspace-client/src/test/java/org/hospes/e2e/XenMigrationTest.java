package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Migration both ways, between two real Xen hosts, of one guest that tells which boot it is. */
@Tag("xen")
@ExtendWith(SiteExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class XenMigrationTest {
  private static final String SECOND = "node2";
  private static final String POLICY = "/etc/hospes/image-policy.yaml";

  private final Site site;
  private final Guests guests;
  private final MovingGuests moving;

  XenMigrationTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
    this.moving = new MovingGuests(site);
  }

  @BeforeAll
  void raise() throws Exception {
    moving.publish();
    site.join(SECOND);
  }

  @AfterAll
  void end() throws Exception {
    site.leave(SECOND);
  }

  @Test
  void migrationBothWays() throws Exception {
    JsonNode workspace = moving.running("moves");
    String said = moving.said(workspace, "boot id");
    JsonNode there = fromMemory(workspace, said);
    aTargetThatRefusesLeavesItRunning(there, said);
    JsonNode back = fromMemory(there, said);
    JsonNode cold = moving.migrated(back, "--cold");
    moving.said(cold, "boots before this one: [x]");
    moving.isOnlyOn(cold.path("node").asText(), cold.path("id").asText());
    guests.destroy(cold);
  }

  private JsonNode fromMemory(JsonNode workspace, String said) throws Exception {
    JsonNode moved = moving.migrated(workspace);
    assertEquals(said, moving.said(moved, "boot id"), "the very same boot, on the other node");
    assertEquals(workspace.path("address"), moved.path("address"), "a memory keeps its address");
    moving.isOnlyOn(moved.path("node").asText(), moved.path("id").asText());
    moving.itsClockGoesOn(moved);
    return moved;
  }

  private void aTargetThatRefusesLeavesItRunning(JsonNode workspace, String said) throws Exception {
    String id = workspace.path("id").asText();
    String here = workspace.path("node").asText();
    String target = MovingGuests.other(here);
    String domain = site.at(here, "xl", "domid", "hospes-" + id).orFail().out();
    trust(target, "Bob Builder", "Nobody At All");
    TypedCommand.Outcome refused =
        site.workspace(
            site.ada(),
            "migrate",
            id,
            "--to",
            target,
            "--wait",
            "--timeout",
            MovingGuests.LONG.toSeconds() + "s");
    assertEquals(5, refused.exit(), refused.out() + refused.err());
    assertTrue(refused.err().contains("code: image.signer.untrusted"), refused.err());
    moving.isOnlyOn(here, id);
    assertEquals(said, moving.said(workspace, "boot id"));
    assertEquals(
        domain,
        site.at(here, "xl", "domid", "hospes-" + id).orFail().out(),
        "it never stood still for a target that does not take it");
    trust(target, "Nobody At All", "Bob Builder");
    assertEquals(List.of(id), site.domains());
  }

  /** Alters whom a node trusts, and waits until it does. */
  private void trust(String node, String not, String but) throws Exception {
    boolean before = moving.drifted(node);
    site.at(node, "sed", "-i", "s/" + not + "/" + but + "/", POLICY).orFail();
    Site.await(
        "the node to take up its policy", MovingGuests.LONG, () -> moving.drifted(node) != before);
  }
}
