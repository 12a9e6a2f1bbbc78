package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;

/** A changed disk as a new image: what a guest wrote is found by the guests of that image. */
@EndToEnd
class SaveE2eTest {
  private static final Duration LONG = Duration.ofSeconds(120);

  /** Writes into a sector of its disk that nothing else reads, and tells what was there. */
  private static final String LEAVES_A_MARK =
      """
      #!/bin/sh
      disk=/dev/vda; [ -b $disk ] || disk=/dev/xvda
      before=$(dd if=$disk bs=512 skip=2041 count=1 2>/dev/null | tr -d '\\0')
      printf '%sx' "$before" | dd of=$disk bs=512 seek=2041 conv=sync,notrunc 2>/dev/null
      sync
      echo "found on the disk: [$before]."
      """;

  private final Site site;
  private final Guests guests;

  SaveE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  private JsonNode running(String reference, String finding) throws Exception {
    Path script = Files.writeString(site.directory().resolve("run/mark.sh"), LEAVES_A_MARK);
    JsonNode workspace =
        guests.running(reference, "--forward", "80", "--user-data", script.toString());
    String text = "found on the disk: [" + finding + "].";
    Site.await(
        "the guest to say " + text,
        LONG,
        () -> Guests.answer(workspace, "/output").filter(page -> page.contains(text)).isPresent());
    return workspace;
  }

  private TypedCommand.Outcome ada(String... words) throws Exception {
    return site.workspace(site.ada(), words);
  }

  private static void done(TypedCommand.Outcome outcome) {
    assertEquals(0, outcome.exit(), outcome.err());
  }

  private static void refused(int exit, String code, TypedCommand.Outcome outcome) {
    assertEquals(exit, outcome.exit(), outcome.err());
    assertTrue(outcome.err().contains("code: " + code), outcome.err());
  }

  @Test
  void aChangedDiskBecomesAnImageOnceItIsSigned() throws Exception {
    JsonNode workspace = running(guests.published().reference(), "");
    String id = workspace.path("id").asText();
    Path saved =
        site.directory().resolve("image/s" + UUID.randomUUID().toString().substring(0, 8) + ".img");
    refused(2, "workspace.state", ada("save", id, "--to", saved.toString()));
    done(ada("stop", id, "--wait"));
    // A part of some other disk: not gone on with.
    Files.writeString(saved.resolveSibling(saved.getFileName() + ".part"), "of another time");
    TypedCommand.Outcome outcome = ada("save", id, "--to", saved.toString(), "-o", "json");
    done(outcome);
    assertTrue(outcome.err().contains("workspace image sign " + saved), outcome.err());
    JsonNode disk = site.show(id).path("savedDisk");
    assertEquals(disk.path("digest").asText(), Site.json(outcome.out()).path("digest").asText());
    assertEquals(disk.path("bytes").asLong(), Files.size(saved));
    assertEquals("STOPPED", site.show(id).path("state").asText());
    String facts = site.shell().run("qemu-img", "info", saved.toString()).orFail().out();
    assertTrue(facts.contains("file format: qcow2"), facts);
    assertFalse(facts.contains("backing file"), facts);
    TypedCommand.Outcome eve = site.workspace(site.bob(), "save", id, "--to", saved + ".for-bob");
    assertEquals(3, eve.exit(), eve.err());

    refused(5, "image.unsigned", guests.publishAs(site.bob(), saved));
    done(
        site.workspace(
            site.bob(), "image", "sign", saved.toString(), "--name", Guests.nameOf(saved) + ":1"));
    Guests.Published image = guests.publish(saved);
    JsonNode second = running(image.reference(), "x");

    // The first one goes on as it was, and its disk as one file is gone with the start.
    done(ada("start", id, "--wait"));
    Site.await(
        "the first guest to find its own disk",
        LONG,
        () ->
            Guests.answer(workspace, "/output").filter(page -> page.contains("[x].")).isPresent());
    assertTrue(site.show(id).path("savedDisk").isNull());
    guests.destroy(second);
    guests.destroy(workspace);
  }
}
