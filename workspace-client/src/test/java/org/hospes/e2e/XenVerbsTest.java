package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What {@link VerbsE2eTest} asks of a guest each, asked of one after another: on an emulated
 * processor a guest of its own for each takes longer than all that is asked of it.
 */
@Tag("xen")
@ExtendWith(SiteExtension.class)
class XenVerbsTest {
  private static final String SCRIPT = "run/verbs.sh";
  private static final String ASLEEP = "asleep";

  private final Site site;
  private final Guests guests;

  XenVerbsTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @Test
  void oneGuestThroughAllThatIsAskedOfIt() throws Exception {
    Path script = site.directory().resolve(SCRIPT);
    Files.writeString(script, VerbsE2eTest.COUNTS_BOOTS);
    JsonNode workspace =
        guests.running(
            guests.published().reference(), "--forward", "80", "--user-data", script.toString());
    String id = workspace.path("id").asText();
    boots(workspace, "");

    standsStill(workspace);
    itsLeaseIsExtended(workspace);
    goesOnFromItsMemory(workspace);

    done("reboot", id, "--grace", "30s", "--wait");
    boots(workspace, "x");

    // With so much time to heed its power button, it is off in less only if it heeded.
    done("stop", id, "--grace", "10m", "--wait", "--timeout", XenGuests.LONG.toSeconds() + "s");
    JsonNode off = site.show(id);
    assertEquals("STOPPED", off.path("state").asText());
    assertEquals(List.of(), site.domains(XenGuests.NODE));
    assertEquals(workspace.path("address"), off.path("address"));
    assertTrue(Guests.answer(workspace, "/").isEmpty(), "a guest that is off does not answer");
    // Of another name each time: what is there is not written over, and the site may have it yet.
    Path disk = site.directory().resolve("image/kept-" + id.substring(0, 8) + ".img");
    done("save", id, "--to", disk.toString());
    isTakenBackToItsMemory(workspace);

    done("stop", id, "--grace", "30s", "--wait");
    done("start", id, "--wait");
    boots(workspace, "x");
    assertEquals(workspace.path("forwards"), site.show(id).path("forwards"));
    done("suspend", id, "--wait");
    guests.flipOneBit(workspace, "/memory.save");
    TypedCommand.Outcome refused = ask("resume", id, "--wait", "-o", "json");
    guests.assertRefused(refused, 5, "memory.altered");
    assertFalse(
        site.auditedAt(XenGuests.NODE, id, "memory.altered").isEmpty(),
        "the node's audit log names it");
    guests.destroy(workspace);
    runsAsAnImage(disk, "xx");
  }

  private void standsStill(JsonNode workspace) throws Exception {
    String id = workspace.path("id").asText();
    done("pause", id, "--wait");
    assertEquals("PAUSED", site.show(id).path("state").asText());
    assertEquals(List.of(id), site.domains(XenGuests.NODE));
    assertTrue(Guests.answer(workspace, "/").isEmpty(), "a paused guest does not answer");
    TypedCommand.Outcome refused = ask("stop", id);
    assertEquals(2, refused.exit(), refused.err());
    assertTrue(refused.err().contains("workspace.state"), refused.err());
    done("resume", id, "--wait");
    boots(workspace, "");
  }

  private void itsLeaseIsExtended(JsonNode workspace) throws Exception {
    String id = workspace.path("id").asText();
    Instant end = Instant.parse(workspace.path("leaseEnds").asText()).plus(Duration.ofHours(1));
    done("extend", id, "1h");
    assertEquals(end.toString(), site.show(id).path("leaseEnds").asText());
    String journal = "cat /var/lib/hospes/node/journal/" + id + "*";
    Site.await(
        "the agent's own copy to move",
        XenGuests.LONG,
        () ->
            site.at(XenGuests.NODE, "sh", "-c", journal)
                .orFail()
                .out()
                .contains("\"leaseEnds\":\"" + end + "\""));
  }

  private void goesOnFromItsMemory(JsonNode workspace) throws Exception {
    String id = workspace.path("id").asText();
    done("suspend", id, "--wait");
    assertEquals("SUSPENDED", site.show(id).path("state").asText());
    assertEquals(List.of(), site.domains(XenGuests.NODE));
    assertEquals("-rw------- root", memory(id));
    done("snapshot", "create", id, ASLEEP, "--wait");
    JsonNode asleep = Site.json(ask("snapshot", "list", id, "-o", "json").out()).path(0);
    assertTrue(asleep.path("memory").asBoolean(), asleep.toString());
    done("resume", id, "--wait");
    // It answers what it answered: it did not boot.
    boots(workspace, "");
    assertEquals(List.of(id), site.domains(XenGuests.NODE));
    assertEquals("", memory(id));
  }

  /** Back to before its second boot: to what it says, and, once it boots, to what it counts. */
  private void isTakenBackToItsMemory(JsonNode workspace) throws Exception {
    String id = workspace.path("id").asText();
    done("rollback", id, ASLEEP, "--wait");
    assertEquals("SUSPENDED", site.show(id).path("state").asText());
    assertEquals("-rw------- root", memory(id));
    done("resume", id, "--wait");
    boots(workspace, "");
  }

  /** A saved disk, once it is signed, and what its guest finds on it. */
  private void runsAsAnImage(Path disk, String boots) throws Exception {
    String facts = site.shell().run("qemu-img", "info", disk.toString()).orFail().out();
    assertTrue(facts.contains("file format: qcow2"), facts);
    assertFalse(facts.contains("backing file"), facts);
    TypedCommand.Outcome unsigned = guests.publishAs(site.bob(), disk);
    assertEquals(5, unsigned.exit(), unsigned.err());
    TypedCommand.Outcome signed =
        site.workspace(
            site.bob(), "image", "sign", disk.toString(), "--name", Guests.nameOf(disk) + ":1");
    assertEquals(0, signed.exit(), signed.err());
    JsonNode second =
        guests.running(
            guests.publish(disk).reference(),
            "--forward",
            "80",
            "--user-data",
            site.directory().resolve(SCRIPT).toString());
    boots(second, boots);
    guests.destroy(second);
  }

  /** Mode and owner of the saved memory, as the node sees it; empty when there is none. */
  private String memory(String id) throws Exception {
    String path = "*/" + id + "/memory.save";
    return site.at(XenGuests.NODE, "find", "/var/lib/hospes", "-path", path, "-printf", "%M %u")
        .orFail()
        .out();
  }

  private void boots(JsonNode workspace, String before) throws Exception {
    String text = "boots before this one: [" + before + "]";
    Site.await(
        "the guest to say " + text,
        XenGuests.LONG,
        () -> Guests.answer(workspace, "/output").filter(p -> p.contains(text)).isPresent());
  }

  private TypedCommand.Outcome ask(String... words) throws Exception {
    return site.workspace(site.ada(), words);
  }

  private void done(String... words) throws Exception {
    TypedCommand.Outcome outcome = ask(words);
    assertEquals(0, outcome.exit(), outcome.err());
  }
}
