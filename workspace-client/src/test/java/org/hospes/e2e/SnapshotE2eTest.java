package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Snapshots of disks, proved by what the guest itself finds on them. */
@EndToEnd
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SnapshotE2eTest {
  private static final Duration LONG = Site.patience(Duration.ofSeconds(120));

  /** Counts its boots on both of its disks, in a sector that nothing else reads. */
  private static final String COUNTS_BOOTS =
      """
      #!/bin/sh
      disks="/dev/vda /dev/vdc"; [ -b /dev/vda ] || disks="/dev/xvda /dev/xvdc"
      for disk in $disks; do
        before=$(dd if=$disk bs=512 skip=2041 count=1 2>/dev/null | tr -d '\\0')
        printf '%sx' "$before" | dd of=$disk bs=512 seek=2041 conv=sync,notrunc 2>/dev/null
        found="$found[$before]"
      done
      sync
      echo "found on the disks: $found."
      """;

  private final Site site;
  private final Guests guests;
  private Guests.Published image;

  SnapshotE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @BeforeAll
  void publish() throws Exception {
    image = guests.published();
  }

  private JsonNode running(String name) throws Exception {
    Path script = Files.writeString(site.directory().resolve("run/" + name + ".sh"), COUNTS_BOOTS);
    JsonNode workspace =
        guests.running(
            image.reference(),
            "--forward",
            "80",
            "--scratch",
            "4M",
            "--user-data",
            script.toString());
    awaitFound(workspace, "[][]");
    return workspace;
  }

  private void awaitFound(JsonNode workspace, String disks) throws Exception {
    String text = "found on the disks: " + disks + ".";
    Site.await(
        "the guest to say " + text,
        LONG,
        () -> Guests.answer(workspace, "/output").filter(page -> page.contains(text)).isPresent());
  }

  private TypedCommand.Outcome ask(String... words) throws Exception {
    return site.workspace(site.ada(), words);
  }

  private void done(String... words) throws Exception {
    TypedCommand.Outcome outcome = ask(words);
    assertEquals(0, outcome.exit(), outcome.err());
  }

  private void refused(int exit, String code, String... words) throws Exception {
    TypedCommand.Outcome outcome = ask(words);
    assertEquals(exit, outcome.exit(), outcome.err());
    assertTrue(outcome.err().contains("code: " + code), outcome.err());
  }

  @Test
  @Tag("xen")
  void aGuestFindsWhatItHadWrittenBeforeTheSnapshot() throws Exception {
    JsonNode workspace = running("snapped");
    String id = workspace.path("id").asText();
    refused(2, "workspace.state", "snapshot", "create", id, "first");
    done("stop", id, "--wait");
    done("snapshot", "create", id, "first", "--wait");
    done("snapshot", "create", id, "first", "--wait");
    JsonNode first = Site.json(ask("snapshot", "list", id, "-o", "json").out());
    assertEquals(1, first.size(), first.toString());
    assertEquals("first", first.at("/0/name").asText());
    assertTrue(first.at("/0/current").asBoolean());

    done("start", id, "--wait");
    awaitFound(workspace, "[x][x]");
    done("stop", id, "--wait");
    refused(2, "snapshot.exists", "snapshot", "create", id, "first");
    done("snapshot", "create", id, "second", "--wait");
    done("rollback", id, "first", "--wait");
    done("start", id, "--wait");
    awaitFound(workspace, "[x][x]");
    assertEquals(workspace.path("forwards"), site.show(id).path("forwards"));

    done("stop", id, "--wait");
    done("rollback", id, "second", "--wait");
    done("snapshot", "delete", id, "first", "--wait");
    refused(3, "snapshot.absent", "rollback", id, "first");
    done("start", id, "--wait");
    awaitFound(workspace, "[xx][xx]");
    assertEquals("second", site.show(id).at("/snapshots/0/name").asText());
    assertFalse(site.show(id).at("/snapshots/0/current").asBoolean());
    assertFalse(guests.files(workspace, "/snapshots/second/*").isEmpty());
    guests.destroy(workspace);
    assertEquals(List.of(), guests.files(workspace, "/*"));
  }

  @Test
  void aSuspendedGuestIsTakenBackToItsMemoryAsOftenAsItIsWanted() throws Exception {
    JsonNode workspace = running("asleep");
    String id = workspace.path("id").asText();
    done("suspend", id, "--wait");
    done("snapshot", "create", id, "asleep", "--wait");
    JsonNode asleep = Site.json(ask("snapshot", "list", id, "-o", "json").out()).path(0);
    assertTrue(asleep.path("memory").asBoolean(), asleep.toString());
    assertTrue(asleep.path("current").asBoolean(), asleep.toString());
    assertEquals("SUSPENDED", site.show(id).path("state").asText());
    done("resume", id, "--wait");
    awaitFound(workspace, "[][]");
    done("stop", id, "--wait");
    done("start", id, "--wait");
    awaitFound(workspace, "[x][x]");
    done("stop", id, "--wait");
    done("snapshot", "create", id, "off", "--wait");

    // What it says it has said before it slept: it did not boot.
    done("rollback", id, "asleep", "--wait");
    assertEquals("SUSPENDED", site.show(id).path("state").asText());
    refused(2, "workspace.state", "start", id);
    String memory = guests.files(workspace, "/memory.save").get(0);
    String owner =
        site.at(workspace.path("node").asText(), "stat", "-c", "%U", memory).orFail().out();
    assertEquals("root", owner.strip(), "no guest's user's");
    done("resume", id, "--wait");
    awaitFound(workspace, "[][]");
    assertEquals(List.of(), guests.files(workspace, "/memory.save"), "what is spent is gone");
    done("suspend", id, "--wait");
    done("rollback", id, "asleep", "--wait");
    done("resume", id, "--wait");
    awaitFound(workspace, "[][]");
    done("stop", id, "--wait");
    done("start", id, "--wait");
    awaitFound(workspace, "[x][x]");

    done("suspend", id, "--wait");
    done("rollback", id, "off", "--wait");
    assertEquals("STOPPED", site.show(id).path("state").asText());
    assertEquals(List.of(), guests.files(workspace, "/memory.save"), "it went with its disks");
    done("start", id, "--wait");
    awaitFound(workspace, "[xx][xx]");
    guests.destroy(workspace);
  }

  @Test
  void aSnapshotThatWasTamperedWithIsNotUsedAndTheWorkspaceGoesOn() throws Exception {
    JsonNode workspace = running("snaptamper");
    String id = workspace.path("id").asText();
    done("stop", id, "--wait");
    done("snapshot", "create", id, "first", "--wait");
    done("start", id, "--wait");
    awaitFound(workspace, "[x][x]");
    done("stop", id, "--wait");
    guests.flipOneBit(workspace, "/snapshots/first/disk.qcow2");
    refused(5, "snapshot.altered", "rollback", id, "first", "--wait");
    JsonNode kept = site.show(id);
    assertEquals("STOPPED", kept.path("state").asText());
    assertEquals("snapshot.altered", kept.at("/setback/code").asText());
    done("start", id, "--wait");
    awaitFound(workspace, "[xx][xx]");
    assertTrue(site.show(id).path("setback").isNull());
    guests.destroy(workspace);
  }
}
