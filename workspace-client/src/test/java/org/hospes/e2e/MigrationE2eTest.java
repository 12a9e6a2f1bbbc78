package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests go from one real node to the other, proved by what their own pages say. */
@EndToEnd
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationE2eTest {
  private static final Duration LONG = MovingGuests.LONG;

  private final Site site;
  private final Guests guests;
  private final MovingGuests moving;

  MigrationE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
    this.moving = new MovingGuests(site);
  }

  @BeforeAll
  void publish() throws Exception {
    moving.publish();
  }

  @AfterEach
  void open() {
    Site.NODES.forEach(node -> site.workspace(site.olga(), "node", "undrain", node));
  }

  @Test
  void aGuestGoesOnFromItsMemoryThereAndBack() throws Exception {
    JsonNode workspace = moving.running("moves");
    String id = workspace.path("id").asText();
    String here = workspace.path("node").asText();
    String said = moving.said(workspace, "boot id");
    JsonNode there = moving.migrated(workspace);
    assertEquals("RUNNING", there.path("state").asText());
    assertEquals(
        site.node(MovingGuests.other(here)),
        there.path("forwards").path(0).path("hostAddress").asText());
    assertEquals(workspace.path("address"), there.path("address"), "a memory keeps its address");
    assertEquals(said, moving.said(there, "boot id"), "the very same boot, on the other node");
    moving.itsClockGoesOn(there);
    assertTrue(Guests.answer(workspace, "/output").isEmpty(), "not where it was");
    moving.isOnlyOn(MovingGuests.other(here), id);
    JsonNode back = moving.migrated(there);
    assertEquals(said, moving.said(back, "boot id"));
    moving.isOnlyOn(here, id);
    List<String> moments = back.path("timeline").findValuesAsText("state");
    assertEquals(2, moments.stream().filter("MIGRATED"::equals).count(), moments.toString());
    guests.destroy(back);
  }

  @Test
  void coldItBootsThereFromItsOwnDisk() throws Exception {
    JsonNode workspace = moving.running("moves-cold");
    JsonNode there = moving.migrated(workspace, "--cold");
    moving.said(there, "boots before this one: [x]");
    moving.isOnlyOn(there.path("node").asText(), there.path("id").asText());
    guests.destroy(there);
  }

  @Test
  void whatIsOffStaysOffAndTakesItsSnapshotsAlong() throws Exception {
    JsonNode workspace = moving.running("moves-off");
    String id = workspace.path("id").asText();
    done("stop", id, "--wait");
    done("snapshot", "create", id, "before", "--wait");
    JsonNode there = moving.migrated(workspace);
    assertEquals("STOPPED", there.path("state").asText());
    assertEquals("before", there.path("snapshots").path(0).path("name").asText());
    done("start", id, "--wait");
    moving.said(there, "boots before this one: [x]");
    done("stop", id, "--wait");
    done("rollback", id, "before", "--wait");
    done("start", id, "--wait");
    moving.said(there, "boots before this one: [x]");
    moving.isOnlyOn(there.path("node").asText(), id);
    guests.destroy(there);
  }

  private void done(String... words) {
    TypedCommand.Outcome outcome = site.workspace(ada(), words);
    assertEquals(0, outcome.exit(), outcome.out() + outcome.err());
  }

  private Person ada() {
    try {
      return site.ada();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aTargetThatDoesNotTrustTheImageRefusesAndItGoesOnWhereItWas() throws Exception {
    JsonNode workspace = moving.running("stays");
    String id = workspace.path("id").asText();
    String here = workspace.path("node").asText();
    String said = moving.said(workspace, "boot id");
    Path policy = site.config(MovingGuests.other(here), "image-policy.yaml");
    Site.replace(policy, "Bob Builder", "Nobody At All");
    try {
      Site.await(
          "the node to take up its policy", LONG, () -> moving.drifted(MovingGuests.other(here)));
      TypedCommand.Outcome refused =
          site.workspace(
              site.ada(),
              "migrate",
              id,
              "--to",
              MovingGuests.other(here),
              "--wait",
              "--timeout",
              LONG.toSeconds() + "s");
      assertEquals(5, refused.exit(), refused.out() + refused.err());
      assertTrue(refused.err().contains("code: image.signer.untrusted"), refused.err());
      JsonNode stayed = site.show(id);
      assertEquals("RUNNING", stayed.path("state").asText());
      assertEquals(here, stayed.path("node").asText());
      assertEquals("image.signer.untrusted", stayed.path("setback").path("code").asText());
      assertEquals(said, moving.said(stayed, "boot id"), "it went on from its memory");
      moving.isOnlyOn(here, id);
    } finally {
      Site.replace(policy, "Nobody At All", "Bob Builder");
      Site.await(
          "the node to take up its policy", LONG, () -> !moving.drifted(MovingGuests.other(here)));
    }
    guests.destroy(workspace);
  }

  @Test
  void destroyedInTheMiddleNothingIsLeftOnEitherNode() throws Exception {
    JsonNode workspace = moving.running("ends");
    String id = workspace.path("id").asText();
    String to = MovingGuests.other(workspace.path("node").asText());
    assertEquals(0, site.workspace(site.ada(), "migrate", id, "--to", to).exit());
    Site.await("it to stand still", LONG, () -> hasLeft(id, to));
    guests.destroy(workspace);
  }

  /** It is suspended and on its way, or was so quick that it is there. */
  private boolean hasLeft(String id, String to) throws Exception {
    JsonNode now = site.show(id);
    return now.path("state").asText().equals("SUSPENDED") || now.path("node").asText().equals(to);
  }

  @Test
  void aDrainedNodeIsEmptied() throws Exception {
    JsonNode first = moving.running("leaves");
    String here = first.path("node").asText();
    String said = moving.said(first, "boot id");
    TypedCommand.Outcome drained =
        site.workspace(
            site.olga(),
            "node",
            "drain",
            here,
            "--migrate",
            "--wait",
            "--timeout",
            LONG.toSeconds() + "s");
    assertEquals(0, drained.exit(), drained.out() + drained.err());
    assertTrue(drained.out().contains("0 are on it still"), drained.out());
    String id = first.path("id").asText();
    Site.await("it to run", LONG, () -> site.show(id).path("state").asText().equals("RUNNING"));
    assertEquals(said, moving.said(first, "boot id"));
    moving.isOnlyOn(MovingGuests.other(here), id);
    // Both drained, there is nowhere to go.
    TypedCommand.Outcome nowhere =
        site.workspace(
            site.olga(), "node", "drain", MovingGuests.other(here), "--migrate", "--wait");
    assertEquals(8, nowhere.exit(), nowhere.out() + nowhere.err());
    assertTrue(nowhere.out().contains("stays: no node can take"), nowhere.out());
    open();
    guests.destroy(first);
  }

  @Test
  void theServiceKilledInTheMiddleGoesOn() throws Exception {
    // One guest for all of them: what is killed is the service, and a boot is the long part.
    JsonNode workspace = moving.running("killed");
    String id = workspace.path("id").asText();
    String said = moving.said(workspace, "boot id");
    String here = workspace.path("node").asText();
    for (String point :
        List.of(
            "MIGRATION_ASKED:after",
            "SUSPENDED:before",
            "MIGRATED:before",
            "MIGRATED:after",
            "REMAINS_REMOVED:before")) {
      site.restart("workspace-service", "-Dhospes.crash-at=" + point);
      site.awaitNodes();
      String to = MovingGuests.other(here);
      TypedCommand.Outcome unused = site.workspace(site.ada(), "migrate", id, "--to", to);
      Site.await("the service dies at " + point, LONG, () -> site.isDead("workspace-service"));
      site.restart("workspace-service", "");
      site.awaitNodes();
      Site.await(
          "it to run there after " + point,
          LONG,
          () -> {
            JsonNode now = site.show(id);
            return now.path("state").asText().equals("RUNNING")
                && now.path("goal").asText().equals("RUN")
                && now.path("node").asText().equals(to);
          });
      assertEquals(said, moving.said(workspace, "boot id"), point);
      moving.isOnlyOn(to, id);
      here = to;
    }
    guests.destroy(workspace);
  }

  @ParameterizedTest
  @ValueSource(strings = {"source", "target"})
  void anAgentKilledInTheMiddleGoesOn(String which) throws Exception {
    JsonNode workspace = moving.running("agent-" + which);
    String id = workspace.path("id").asText();
    String here = workspace.path("node").asText();
    String said = moving.said(workspace, "boot id");
    String killed = which.equals("source") ? here : MovingGuests.other(here);
    TypedCommand.Outcome asked =
        site.workspace(site.ada(), "migrate", id, "--to", MovingGuests.other(here));
    assertEquals(0, asked.exit(), asked.err());
    Site.await("it to stand still", LONG, () -> hasLeft(id, MovingGuests.other(here)));
    site.restart(killed, "");
    site.awaitNodes();
    Site.await(
        "it to run, wherever",
        LONG,
        () -> {
          JsonNode now = site.show(id);
          return now.path("state").asText().equals("RUNNING")
              && now.path("goal").asText().equals("RUN");
        });
    assertEquals(said, moving.said(workspace, "boot id"), "never anything older, never anew");
    moving.isOnlyOn(site.show(id).path("node").asText(), id);
    guests.destroy(workspace);
  }
}
