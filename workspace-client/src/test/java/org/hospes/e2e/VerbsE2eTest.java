package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is asked of a workspace that is there, proved by what its guest's page says. */
@EndToEnd
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerbsE2eTest {
  private static final Duration LONG = Site.patience(Duration.ofSeconds(120));

  /** Counts its boots on its own disk, in a sector that nothing else reads. */
  private static final String COUNTS_BOOTS =
      """
      #!/bin/sh
      disk=/dev/vda; [ -b $disk ] || disk=/dev/xvda
      before=$(dd if=$disk bs=512 skip=2041 count=1 2>/dev/null | tr -d '\\0')
      printf '%sx' "$before" | dd of=$disk bs=512 seek=2041 conv=sync,notrunc 2>/dev/null
      sync
      echo "boots before this one: [$before]"
      """;

  private final Site site;
  private final Guests guests;
  private Guests.Published image;

  VerbsE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @BeforeAll
  void publish() throws Exception {
    image = guests.published();
  }

  private JsonNode running(String name, String userData) throws Exception {
    Path script = Files.writeString(site.directory().resolve("run/" + name + ".sh"), userData);
    return guests.running(image.reference(), "--forward", "80", "--user-data", script.toString());
  }

  private TypedCommand.Outcome ask(String... words) throws Exception {
    return site.workspace(site.ada(), words);
  }

  private void done(String... words) throws Exception {
    TypedCommand.Outcome outcome = ask(words);
    assertEquals(0, outcome.exit(), outcome.err());
  }

  private void awaitOutput(JsonNode workspace, String text) throws Exception {
    Site.await(
        "the guest to say " + text,
        LONG,
        () -> Guests.answer(workspace, "/output").filter(page -> page.contains(text)).isPresent());
  }

  private Path overlay(JsonNode workspace) throws IOException {
    try (Stream<Path> files = Files.walk(site.nodeState(workspace.path("node").asText()))) {
      return files
          .filter(file -> file.endsWith(workspace.path("id").asText() + "/disk.qcow2"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  @Tag("xen")
  void whatAGuestWroteIsThereWhenItRunsAgain() throws Exception {
    JsonNode workspace = running("keeps", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    String node = workspace.path("node").asText();
    awaitOutput(workspace, "boots before this one: []");

    // With so much time to heed its power button, it is off in less only if it heeded.
    done("stop", id, "--grace", "10m", "--wait", "--timeout", LONG.toSeconds() + "s");
    JsonNode off = site.show(id);
    assertEquals("STOPPED", off.path("state").asText());
    assertEquals(List.of(), site.domains(node));
    assertEquals(workspace.path("address"), off.path("address"));
    assertTrue(Guests.answer(workspace, "/").isEmpty(), "a guest that is off does not answer");

    done("start", id, "--wait");
    assertEquals(List.of(id), site.domains(node));
    awaitOutput(workspace, "boots before this one: [x]");
    assertEquals(workspace.path("forwards"), site.show(id).path("forwards"));
    TypedCommand.Outcome again = ask("start", id);
    assertEquals(0, again.exit(), "asked again it is so already: " + again.err());
    guests.destroy(workspace);
  }

  @Test
  @Tag("xen")
  void aPausedGuestDoesNotAnswerUntilItIsResumed() throws Exception {
    JsonNode workspace = running("paused", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "boots before this one: []");
    done("pause", id, "--wait");
    assertEquals("PAUSED", site.show(id).path("state").asText());
    assertEquals(List.of(id), site.domains(workspace.path("node").asText()));
    assertTrue(Guests.answer(workspace, "/").isEmpty(), "a paused guest does not answer");
    TypedCommand.Outcome refused = ask("stop", id);
    assertEquals(2, refused.exit(), refused.err());
    assertTrue(refused.err().contains("workspace.state"), refused.err());
    done("resume", id, "--wait");
    awaitOutput(workspace, "boots before this one: []");
    guests.destroy(workspace);
  }

  @Test
  void aDiskThatWasTamperedWithIsNotStarted() throws Exception {
    JsonNode workspace = running("tampered", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "boots before this one: []");
    done("stop", id, "--wait");
    Guests.flipOneBit(overlay(workspace));
    TypedCommand.Outcome refused = ask("start", id, "--wait", "-o", "json");
    guests.assertRefused(refused, 5, "disk.altered");
    String log = Files.readString(site.log(workspace.path("node").asText() + ".log"));
    assertTrue(log.contains("workspace=" + id + " NOT STARTED AGAIN"), "the node says it loudly");
  }

  @Test
  void aGuestThatDoesNotHeedIsEndedAfterItsTime() throws Exception {
    JsonNode workspace = running("deaf", "#!/bin/sh\nkillall acpid\necho deaf\n");
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "deaf");
    done("stop", id, "--grace", "2s", "--wait");
    assertEquals(List.of(), site.domains(workspace.path("node").asText()));
    TypedCommand.Outcome refused = ask("extend", id, "30d");
    assertEquals(6, refused.exit(), refused.err());
    guests.destroy(workspace);
  }

  @Test
  @Tag("xen")
  void aLeaseIsExtendedAtTheServiceAndAtTheNode() throws Exception {
    JsonNode workspace = guests.running(image.reference());
    String id = workspace.path("id").asText();
    Instant end = Instant.parse(workspace.path("leaseEnds").asText()).plus(Duration.ofHours(1));
    done("extend", id, "1h");
    assertEquals(end.toString(), site.show(id).path("leaseEnds").asText());
    Site.await(
        "the agent's own copy to move",
        LONG,
        () -> journal(workspace).contains("\"leaseEnds\":\"" + end + "\""));
    guests.destroy(workspace);
    TypedCommand.Outcome late = ask("extend", id, "1h");
    assertEquals(2, late.exit(), late.err());
    assertTrue(late.err().contains("workspace.ended"), late.err());
  }

  private String journal(JsonNode workspace) throws Exception {
    String page = "cat /var/lib/hospes/node/journal/" + workspace.path("id").asText() + "*";
    return site.at(workspace.path("node").asText(), "sh", "-c", page).orFail().out();
  }

  @Test
  void nodesSayWhatTheyCanDo() throws Exception {
    TypedCommand.Outcome listed = site.workspace(site.olga(), "node", "list", "-o", "json");
    for (JsonNode node : Site.json(listed.out())) {
      assertEquals(
          "[\"attach\",\"pause\",\"snapshot\",\"stop\"]",
          node.path("capabilities").toString(),
          listed.out());
    }
  }
}
