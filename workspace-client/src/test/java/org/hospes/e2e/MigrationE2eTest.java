package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
  private static final Duration LONG = Site.patience(Duration.ofSeconds(240));

  /** Counts its boots on its disk, and keeps a word in its memory that no other boot has. */
  private static final String REMEMBERS =
      """
      #!/bin/sh
      disk=/dev/vda; [ -b $disk ] || disk=/dev/xvda
      before=$(dd if=$disk bs=512 skip=2041 count=1 2>/dev/null | tr -d '\\0')
      printf '%sx' "$before" | dd of=$disk bs=512 seek=2041 conv=sync,notrunc 2>/dev/null
      sync
      echo "boots before this one: [$before], boot id $(cat /proc/sys/kernel/random/boot_id)."
      """;

  private final Site site;
  private final Guests guests;
  private Guests.Published image;

  MigrationE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @BeforeAll
  void publish() throws Exception {
    image = guests.published();
  }

  @AfterEach
  void open() {
    Site.NODES.forEach(node -> site.workspace(site.olga(), "node", "undrain", node));
  }

  private JsonNode running(String name) throws Exception {
    Path script = Files.writeString(site.directory().resolve("run/" + name + ".sh"), REMEMBERS);
    JsonNode workspace =
        guests.running(image.reference(), "--forward", "80", "--user-data", script.toString());
    said(workspace, "boots before this one: []");
    return workspace;
  }

  /** What the guest says through the port that leads to it now. */
  private String said(JsonNode workspace, String text) throws Exception {
    JsonNode now = site.show(workspace.path("id").asText());
    Site.await(
        "the guest to say " + text,
        LONG,
        () -> Guests.answer(now, "/output").filter(page -> page.contains(text)).isPresent());
    return Guests.answer(now, "/output").orElseThrow();
  }

  private static String other(String node) {
    return node.equals("node1") ? "node2" : "node1";
  }

  private JsonNode migrated(JsonNode workspace, String... more) throws Exception {
    String id = workspace.path("id").asText();
    String to = other(site.show(id).path("node").asText());
    List<String> words =
        new ArrayList<>(
            List.of("migrate", id, "--to", to, "--wait", "--timeout", LONG.toSeconds() + "s"));
    words.addAll(List.of(more));
    TypedCommand.Outcome outcome = site.workspace(site.ada(), words.toArray(String[]::new));
    assertEquals(0, outcome.exit(), outcome.out() + outcome.err());
    JsonNode moved = site.show(id);
    assertEquals(to, moved.path("node").asText());
    return moved;
  }

  /** Runs in one domain of that node, and the other one has nothing of it. */
  private void isOnlyOn(String node, String id) throws Exception {
    Site.await("remains to go", LONG, () -> site.show(id).path("leftOn").isEmpty());
    assertEquals(List.of(id), site.domains(node));
    assertEquals(List.of(), site.domains(other(node)));
    assertEquals(List.of(), site.filesNaming(other(node), "node", id));
    String rules = site.at(other(node), "nft", "list", "ruleset").orFail().out();
    assertFalse(rules.contains("hg" + id.substring(0, 8)), rules);
  }

  @Test
  void aGuestGoesOnFromItsMemoryThereAndBack() throws Exception {
    JsonNode workspace = running("moves");
    String id = workspace.path("id").asText();
    String here = workspace.path("node").asText();
    String said = said(workspace, "boot id");
    JsonNode there = migrated(workspace);
    assertEquals("RUNNING", there.path("state").asText());
    assertEquals(
        site.node(other(here)), there.path("forwards").path(0).path("hostAddress").asText());
    assertEquals(workspace.path("address"), there.path("address"), "a memory keeps its address");
    assertEquals(said, said(there, "boot id"), "the very same boot, on the other node");
    assertTrue(Guests.answer(workspace, "/output").isEmpty(), "not where it was");
    isOnlyOn(other(here), id);
    JsonNode back = migrated(there);
    assertEquals(said, said(back, "boot id"));
    isOnlyOn(here, id);
    List<String> moments = back.path("timeline").findValuesAsText("state");
    assertEquals(2, moments.stream().filter("MIGRATED"::equals).count(), moments.toString());
    guests.destroy(back);
  }

  @Test
  void coldItBootsThereFromItsOwnDisk() throws Exception {
    JsonNode workspace = running("moves-cold");
    JsonNode there = migrated(workspace, "--cold");
    said(there, "boots before this one: [x]");
    isOnlyOn(there.path("node").asText(), there.path("id").asText());
    guests.destroy(there);
  }

  @Test
  void whatIsOffStaysOffAndTakesItsSnapshotsAlong() throws Exception {
    JsonNode workspace = running("moves-off");
    String id = workspace.path("id").asText();
    done("stop", id, "--wait");
    done("snapshot", "create", id, "before", "--wait");
    JsonNode there = migrated(workspace);
    assertEquals("STOPPED", there.path("state").asText());
    assertEquals("before", there.path("snapshots").path(0).path("name").asText());
    done("start", id, "--wait");
    said(there, "boots before this one: [x]");
    done("stop", id, "--wait");
    done("rollback", id, "before", "--wait");
    done("start", id, "--wait");
    said(there, "boots before this one: [x]");
    isOnlyOn(there.path("node").asText(), id);
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
    JsonNode workspace = running("stays");
    String id = workspace.path("id").asText();
    String here = workspace.path("node").asText();
    String said = said(workspace, "boot id");
    Path policy = site.config(other(here), "image-policy.yaml");
    Site.replace(policy, "Bob Builder", "Nobody At All");
    try {
      Site.await("the node to take up its policy", LONG, () -> drifted(other(here)));
      TypedCommand.Outcome refused =
          site.workspace(
              site.ada(),
              "migrate",
              id,
              "--to",
              other(here),
              "--wait",
              "--timeout",
              LONG.toSeconds() + "s");
      assertEquals(5, refused.exit(), refused.out() + refused.err());
      assertTrue(refused.err().contains("code: image.signer.untrusted"), refused.err());
      JsonNode stayed = site.show(id);
      assertEquals("RUNNING", stayed.path("state").asText());
      assertEquals(here, stayed.path("node").asText());
      assertEquals("image.signer.untrusted", stayed.path("setback").path("code").asText());
      assertEquals(said, said(stayed, "boot id"), "it went on from its memory");
      isOnlyOn(here, id);
    } finally {
      Site.replace(policy, "Nobody At All", "Bob Builder");
      Site.await("the node to take up its policy", LONG, () -> !drifted(other(here)));
    }
    guests.destroy(workspace);
  }

  private boolean drifted(String node) throws Exception {
    JsonNode nodes = Site.json(site.workspace(site.olga(), "node", "list", "-o", "json").out());
    for (JsonNode each : nodes) {
      if (each.path("name").asText().equals(node)) {
        return each.path("policyDrifted").asBoolean();
      }
    }
    return false;
  }

  @Test
  void destroyedInTheMiddleNothingIsLeftOnEitherNode() throws Exception {
    JsonNode workspace = running("ends");
    String id = workspace.path("id").asText();
    String to = other(workspace.path("node").asText());
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
    JsonNode first = running("leaves");
    String here = first.path("node").asText();
    String said = said(first, "boot id");
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
    assertEquals(said, said(first, "boot id"));
    isOnlyOn(other(here), id);
    // Both drained, there is nowhere to go.
    TypedCommand.Outcome nowhere =
        site.workspace(site.olga(), "node", "drain", other(here), "--migrate", "--wait");
    assertEquals(8, nowhere.exit(), nowhere.out() + nowhere.err());
    assertTrue(nowhere.out().contains("stays: no node can take"), nowhere.out());
    open();
    guests.destroy(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MIGRATION_ASKED:after",
        "SUSPENDED:before",
        "MIGRATED:before",
        "MIGRATED:after",
        "REMAINS_REMOVED:before"
      })
  void theServiceKilledInTheMiddleGoesOn(String point) throws Exception {
    JsonNode workspace = running("killed-" + point.replace(':', '-').toLowerCase(Locale.ROOT));
    String id = workspace.path("id").asText();
    String said = said(workspace, "boot id");
    site.restart("workspace-service", "-Dhospes.crash-at=" + point);
    site.awaitNodes();
    String to = other(workspace.path("node").asText());
    TypedCommand.Outcome unused = site.workspace(site.ada(), "migrate", id, "--to", to);
    Site.await("the service dies at " + point, LONG, () -> site.isDead("workspace-service"));
    site.restart("workspace-service", "");
    site.awaitNodes();
    Site.await(
        "it to run there",
        LONG,
        () -> {
          JsonNode now = site.show(id);
          return now.path("state").asText().equals("RUNNING")
              && now.path("goal").asText().equals("RUN")
              && now.path("node").asText().equals(to);
        });
    assertEquals(said, said(workspace, "boot id"));
    isOnlyOn(to, id);
    guests.destroy(workspace);
  }

  @ParameterizedTest
  @ValueSource(strings = {"source", "target"})
  void anAgentKilledInTheMiddleGoesOn(String which) throws Exception {
    JsonNode workspace = running("agent-" + which);
    String id = workspace.path("id").asText();
    String here = workspace.path("node").asText();
    String said = said(workspace, "boot id");
    String killed = which.equals("source") ? here : other(here);
    TypedCommand.Outcome asked = site.workspace(site.ada(), "migrate", id, "--to", other(here));
    assertEquals(0, asked.exit(), asked.err());
    Site.await("it to stand still", LONG, () -> hasLeft(id, other(here)));
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
    assertEquals(said, said(workspace, "boot id"), "never anything older, never anew");
    isOnlyOn(site.show(id).path("node").asText(), id);
    guests.destroy(workspace);
  }
}
