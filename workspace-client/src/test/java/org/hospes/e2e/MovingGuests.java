package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.hospes.client.cli.TypedCommand;

/** Guests that go from one of two nodes to the other, and tell which boot they are. */
final class MovingGuests {
  static final Duration LONG = Site.patience(Duration.ofSeconds(240));

  /** Counts its boots on its disk, and keeps a word in its memory that no other boot has. */
  private static final String REMEMBERS =
      """
      #!/bin/sh
      disk=/dev/vda; [ -b $disk ] || disk=/dev/xvda
      before=$(dd if=$disk bs=512 skip=2041 count=1 2>/dev/null | tr -d '\\0')
      printf '%sx' "$before" | dd of=$disk bs=512 seek=2041 conv=sync,notrunc 2>/dev/null
      sync
      while :; do date +%s > /www/clock.new; mv /www/clock.new /www/clock; sleep 1; done >/dev/null 2>&1 &
      echo "boots before this one: [$before], boot id $(cat /proc/sys/kernel/random/boot_id)."
      """;

  /** A guest of an emulated host tells the time when it comes to it. */
  private static final long CLOCK_OFF = Site.patience(Duration.ofSeconds(15)).toSeconds();

  private final Site site;
  private final Guests guests;
  private Guests.Published image;

  MovingGuests(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  /** The image that they all are of. */
  void publish() throws Exception {
    image = guests.published();
  }

  /** A guest that booted once. */
  JsonNode running(String name) throws Exception {
    Path script = Files.writeString(site.directory().resolve("run/" + name + ".sh"), REMEMBERS);
    JsonNode workspace =
        guests.running(image.reference(), "--forward", "80", "--user-data", script.toString());
    said(workspace, "boots before this one: []");
    return workspace;
  }

  /** What the guest says through the port that leads to it now. */
  String said(JsonNode workspace, String text) throws Exception {
    JsonNode now = site.show(workspace.path("id").asText());
    AtomicReference<String> said = new AtomicReference<>("");
    Site.await(
        "the guest to say " + text,
        LONG,
        () -> {
          Guests.answer(now, "/output").ifPresent(said::set);
          return said.get().contains(text);
        });
    return said.get();
  }

  /** The other of two nodes. */
  static String other(String node) {
    return node.equals("node1") ? "node2" : "node1";
  }

  /** Once it is on the other node, as its owner sees it. */
  JsonNode migrated(JsonNode workspace, String... more) throws Exception {
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
  void isOnlyOn(String node, String id) throws Exception {
    Site.await("remains to go", LONG, () -> site.show(id).path("leftOn").isEmpty());
    assertEquals(List.of(id), site.domains(node));
    assertEquals(List.of(), site.domains(other(node)));
    assertEquals(List.of(), site.filesNaming(other(node), "node", id));
    String rules = site.at(other(node), "nft", "list", "ruleset").orFail().out();
    assertFalse(rules.contains("hg" + id.substring(0, 8)), rules);
  }

  /** Whether a node's policy is another than the service's. */
  boolean drifted(String node) throws Exception {
    JsonNode nodes = Site.json(site.workspace(site.olga(), "node", "list", "-o", "json").out());
    for (JsonNode each : nodes) {
      if (each.path("name").asText().equals(node)) {
        return each.path("policyDrifted").asBoolean();
      }
    }
    return false;
  }

  /** It is the time of this machine, as well as a page can tell, and does not stand still. */
  void itsClockGoesOn(JsonNode workspace) throws Exception {
    long first = clock(workspace);
    Site.await("the guest's clock to go on", LONG, () -> clock(workspace) > first);
    long asked = Instant.now().getEpochSecond();
    long told = clock(workspace);
    long heard = Instant.now().getEpochSecond();
    long off = Math.max(asked - told, told - heard);
    assertTrue(off < CLOCK_OFF, "the guest's clock is off by " + off + " s");
  }

  private static long clock(JsonNode workspace) throws Exception {
    AtomicReference<String> told = new AtomicReference<>("");
    Site.await(
        "the guest to tell the time",
        LONG,
        () -> {
          Guests.answer(workspace, "/clock").ifPresent(told::set);
          return !told.get().isBlank();
        });
    return Long.parseLong(told.get().strip());
  }
}
