package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What is asked of a workspace that is there, proved by what its guest's page says. On Xen most of
 * it is asked of one guest, by {@link XenVerbsTest}.
 */
@EndToEnd
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerbsE2eTest {
  private static final Duration LONG = Site.patience(Duration.ofSeconds(240));

  /** Counts its boots on its own disk, in a sector that nothing else reads. */
  static final String COUNTS_BOOTS =
      """
      #!/bin/sh
      disk=/dev/vda; [ -b $disk ] || disk=/dev/xvda
      before=$(dd if=$disk bs=512 skip=2041 count=1 2>/dev/null | tr -d '\\0')
      printf '%sx' "$before" | dd of=$disk bs=512 seek=2041 conv=sync,notrunc 2>/dev/null
      sync
      echo "boots before this one: [$before]"
      """;

  private static final String REBOOTS_ONCE = "[ -n \"$before\" ] || { sleep 2; reboot -f; }\n";
  private static final String PANICS_ONCE =
      "[ -n \"$before\" ] || { sleep 2; echo c > /proc/sysrq-trigger; }\n";

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

  private JsonNode running(String name, String userData, String... more) throws Exception {
    Path script = Files.writeString(site.directory().resolve("run/" + name + ".sh"), userData);
    List<String> options =
        new ArrayList<>(List.of("--forward", "80", "--user-data", script.toString()));
    options.addAll(List.of(more));
    return guests.running(image.reference(), options.toArray(String[]::new));
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

  @Test
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
  void aRebootKeepsTheDisk() throws Exception {
    JsonNode workspace = running("reboots", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "boots before this one: []");
    done("reboot", id, "--grace", "30s", "--wait");
    awaitOutput(workspace, "boots before this one: [x]");
    guests.destroy(workspace);
  }

  /** On Xen nobody is told a reboot from a power-off. */
  @Test
  void aGuestMayRebootItself() throws Exception {
    JsonNode workspace = running("reboots-itself", COUNTS_BOOTS + REBOOTS_ONCE);
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "boots before this one: [x]");
    assertEquals("RUNNING", site.show(id).path("state").asText());
    assertTrue(journal(workspace).contains("the guest rebooted itself"), "by the agent's hand");
    done("reboot", id, "--grace", "30s", "--wait");
    awaitOutput(workspace, "boots before this one: [xx]");
    guests.destroy(workspace);
  }

  @Test
  @Tag("xen")
  void aGuestThatPanicsStartsAgainIfItWasOrderedSo() throws Exception {
    JsonNode workspace = running("panics", COUNTS_BOOTS + PANICS_ONCE, "--on-crash", "restart");
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "boots before this one: [x]");
    Site.await(
        "the service to be told of the crash",
        LONG,
        () -> site.show(id).path("crash").path("console").asText().contains("Kernel panic"));
    assertEquals("RUNNING", site.show(id).path("state").asText());
    guests.destroy(workspace);
  }

  /** On Xen: {@link XenGuestsTest}. */
  @Test
  void aGuestThatPanicsIsAtItsEndOtherwise() throws Exception {
    JsonNode workspace = running("panics-once", COUNTS_BOOTS + PANICS_ONCE);
    String id = workspace.path("id").asText();
    Site.await(
        "the workspace to fail", LONG, () -> site.show(id).path("state").asText().equals("FAILED"));
    JsonNode refusal = site.show(id).path("refusal");
    assertEquals("guest.crashed", refusal.path("code").asText());
    assertTrue(
        refusal.path("facts").path("console").asText().contains("Kernel panic"),
        refusal.toString());
    assertEquals(List.of(), site.domains(workspace.path("node").asText()));
  }

  @Test
  void aSuspendedGuestGoesOnFromItsMemory() throws Exception {
    JsonNode workspace = running("suspended", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    String node = workspace.path("node").asText();
    awaitOutput(workspace, "boots before this one: []");
    done("suspend", id, "--wait");
    assertEquals("SUSPENDED", site.show(id).path("state").asText());
    assertEquals(List.of(), site.domains(node));
    assertEquals("-rw------- root", memory(node, id));
    TypedCommand.Outcome refused = ask("start", id);
    assertEquals(2, refused.exit(), refused.err());
    done("resume", id, "--wait");
    // It answers what it answered: it did not boot.
    awaitOutput(workspace, "boots before this one: []");
    assertEquals(List.of(id), site.domains(node));
    assertEquals("", memory(node, id));
    guests.destroy(workspace);
  }

  /** Mode and owner of the saved memory, as the node sees it; empty when there is none. */
  private String memory(String node, String id) throws Exception {
    String path = "*/" + id + "/memory.save";
    return site.at(node, "find", "/var/lib/hospes", "-path", path, "-printf", "%M %u")
        .orFail()
        .out();
  }

  @Test
  void aMemoryThatWasTamperedWithIsNotUsed() throws Exception {
    JsonNode workspace = running("altered", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "boots before this one: []");
    done("suspend", id, "--wait");
    guests.flipOneBit(workspace, "/memory.save");
    TypedCommand.Outcome refused = ask("resume", id, "--wait", "-o", "json");
    guests.assertRefused(refused, 5, "memory.altered");
    assertTrue(
        !site.auditedAt(workspace.path("node").asText(), id, "memory.altered").isEmpty(),
        "the node's audit log names it");
  }

  @Test
  void aDiskThatWasTamperedWithIsNotStarted() throws Exception {
    JsonNode workspace = running("tampered", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    awaitOutput(workspace, "boots before this one: []");
    done("stop", id, "--wait");
    guests.flipOneBit(workspace, "/disk.qcow2");
    TypedCommand.Outcome refused = ask("start", id, "--wait", "-o", "json");
    guests.assertRefused(refused, 5, "disk.altered");
    String log = site.logOf(workspace.path("node").asText());
    assertTrue(log.contains("workspace=" + id + " NOT STARTED AGAIN"), "the node says it loudly");
  }

  /** Or the guest would have another ssh key. */
  @Test
  void aSeedThatWasTamperedWithIsNotStarted() throws Exception {
    JsonNode workspace = running("reseeded", COUNTS_BOOTS);
    String id = workspace.path("id").asText();
    done("stop", id, "--wait");
    guests.flipOneBit(workspace, "/seed.iso");
    TypedCommand.Outcome refused = ask("start", id, "--wait", "-o", "json");
    guests.assertRefused(refused, 5, "seed.altered");
  }

  @Test
  @Tag("xen")
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
  @Tag("xen")
  void nodesSayWhatTheyCanDo() throws Exception {
    TypedCommand.Outcome listed = site.workspace(site.olga(), "node", "list", "-o", "json");
    String live = Site.XEN && Site.XEN_KIND.equals("pvh") ? "\"live\"," : "";
    for (JsonNode node : Site.json(listed.out())) {
      assertEquals(
          "[\"ahead\",\"attach\","
              + live
              + "\"migrate\",\"pause\",\"snapshot\",\"stop\",\"suspend\"]",
          node.path("capabilities").toString(),
          listed.out());
    }
  }
}
