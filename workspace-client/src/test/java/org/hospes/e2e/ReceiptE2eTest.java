package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What was booted can be shown to somebody who has nothing but the CA directory and the service's
 * name, whatever was killed and renewed meanwhile.
 */
@EndToEnd
class ReceiptE2eTest {
  private static final String SERVICE = "/DC=org/DC=hospes/CN=service.hospes.test";
  private static final Duration LONG = Site.patience(Duration.ofSeconds(120));

  @TempDir Path directory;
  private final Site site;
  private final Guests guests;

  ReceiptE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  private void done(Person who, String... words) {
    TypedCommand.Outcome outcome = site.workspace(who, words);
    assertEquals(0, outcome.exit(), outcome::toString);
  }

  /** By somebody without papers, a site or an address. */
  private TypedCommand.Outcome verify(List<Path> files) {
    List<String> words = new ArrayList<>(List.of("audit", "verify", "--service", SERVICE));
    words.addAll(List.of("--ca-dir", site.grid().resolve("certificates").toString()));
    files.forEach(file -> words.add(file.toString()));
    return TypedCommand.type(Map.of(), directory, words.toArray(String[]::new));
  }

  /** The workspace's receipts, once there are so many; the file with them verifies. */
  private JsonNode receipts(String id, int expected) throws Exception {
    Path file = directory.resolve("receipts-" + expected + ".jsonl");
    JsonNode[] read = new JsonNode[1];
    Site.await(
        expected + " receipts",
        LONG,
        () -> {
          Files.deleteIfExists(file);
          TypedCommand.Outcome got =
              site.workspace(site.ada(), "receipt", id, "--out", file.toString(), "-o", "json");
          read[0] = got.exit() == 0 ? Site.json(got.out()) : null;
          return read[0] != null && read[0].size() == expected;
        });
    TypedCommand.Outcome verified = verify(List.of(file));
    assertEquals(0, verified.exit(), verified::toString);
    String text = Files.readString(file);
    Files.writeString(
        file, text.replaceFirst("\"requester\":\"[^\"]*\"", "\"requester\":\"/CN=X\""));
    assertEquals(4, verify(List.of(file)).exit(), "another requester");
    Files.writeString(file, text);
    return read[0];
  }

  private static List<Path> files(Path folder) throws Exception {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(".jsonl")).sorted().toList();
    }
  }

  private void renew(String host, String address) throws Exception {
    Path papers = site.grid().resolve("hosts").resolve(host);
    Path old = Files.createDirectories(directory.resolve("old-" + host));
    for (String file : List.of("hostcert.pem", "hostkey.pem")) {
      Files.move(papers.resolve(file), old.resolve(file));
    }
    site.demoCa(site.grid(), "host", host, address);
  }

  @Test
  void aWorkspacesBootsAreShownWhateverWasKilledAndRenewed() throws Exception {
    Guests.Published image = guests.published();
    JsonNode workspace = guests.running(image.reference(), "--forward", "80");
    String id = workspace.path("id").asText();
    String node = workspace.path("node").asText();

    JsonNode first = receipts(id, 1).path(0);
    assertEquals("base", first.path("from").asText());
    assertEquals(Site.hex(image.digest()), first.at("/image/sha256").asText());
    assertEquals(Site.BOB, first.at("/image/signer").asText());
    assertEquals(Site.ADA, first.path("requester").asText());
    assertEquals("/DC=org/DC=hospes/CN=" + node + ".hospes.test", first.path("node").asText());
    String deployed = first.path("request").asText();
    assertEquals(64, deployed.length());

    Guests.page(workspace);
    done(site.ada(), "stop", id, "--wait");
    site.restart("workspace-service", "");
    site.restart(node, "");
    site.awaitNodes();
    done(site.ada(), "start", id, "--wait");
    JsonNode second = receipts(id, 2).path(1);
    assertEquals("state", second.path("from").asText());
    assertEquals("disk.qcow2", second.at("/state/0/name").asText());
    assertNotEquals(deployed, second.path("request").asText(), "the message that asked to start");
    assertEquals(2, second.path("boot").asInt());

    // Both hosts get new keys; what the old ones signed stays good.
    renew(node + ".hospes.test", site.node(node));
    renew("service.hospes.test", site.head());
    site.restart("workspace-service", "");
    site.restart(node, "");
    site.awaitNodes();
    done(site.ada(), "reboot", id, "--wait");
    assertEquals(3, receipts(id, 3).size());

    cutTails(node);
    guests.destroy(workspace);
    assertEquals(3, receipts(id, 3).size(), "when it is long gone");
  }

  /**
   * An export is whole; so are the node's own files in its place; without their end they are not.
   */
  private void cutTails(String node) throws Exception {
    Path export = directory.resolve("export");
    done(site.olga(), "audit", "export", "--all", "--out", export.toString());
    List<Path> all = files(export);
    TypedCommand.Outcome whole = verify(all);
    assertEquals(0, whole.exit(), whole::toString);
    assertEquals(
        6,
        site.workspace(
                site.ada(),
                "audit",
                "export",
                "--all",
                "--out",
                directory.resolve("adas").toString())
            .exit(),
        "for operators");

    List<Path> own = new ArrayList<>();
    for (Path file : files(site.nodeState(node).resolve("node/receipts"))) {
      own.add(Files.copy(file, directory.resolve("own-" + file.getFileName())));
    }
    String chain = Files.readString(own.get(0)).split("\"chain\":\"")[1].substring(0, 36);
    List<Path> others =
        all.stream().filter(file -> !file.getFileName().toString().contains(chain)).toList();
    List<Path> together = new ArrayList<>(others);
    together.addAll(own);
    assertEquals(0, verify(together).exit(), () -> verify(together).toString());
    assertEquals(3, verify(own).exit(), "without the service's word");

    Path last = own.get(own.size() - 1);
    List<String> lines = Files.readAllLines(last);
    Files.writeString(last, String.join("\n", lines.subList(0, lines.size() - 2)) + "\n");
    TypedCommand.Outcome cut = verify(together);
    assertEquals(4, cut.exit(), cut::toString);
    assertTrue(cut.out().contains(last.toString()), cut.out());
  }

  @Test
  void aNodeWithAnotherChainIsRefusedUntilAnOperatorSaysOtherwise() throws Exception {
    Guests.Published image = guests.published();
    JsonNode before = guests.running(image.reference(), "--forward", "80");
    String node = before.path("node").asText();
    receipts(before.path("id").asText(), 1);
    guests.destroy(before);
    Path folder = site.nodeState(node).resolve("node/receipts");
    site.cluster("kill", node).orFail();
    Path aside = Files.move(folder, folder.resolveSibling("receipts.aside"));
    try {
      site.cluster("start", node).orFail();
      site.cluster("wait", node).orFail();
      site.awaitNodes();
      for (String other : site.nodes()) {
        done(site.olga(), "node", other.equals(node) ? "undrain" : "drain", other);
      }
      JsonNode after = guests.running(image.reference(), "--forward", "80");
      assertEquals(node, after.path("node").asText());
      Site.await(
          "doctor says so",
          LONG,
          () -> site.workspace(site.olga(), "doctor").out().contains("another chain of receipts"));
      String id = after.path("id").asText();
      assertEquals(3, site.workspace(site.ada(), "receipt", id).exit(), "none countersigned");
      assertEquals(6, site.workspace(site.ada(), "node", "enrol", node, "--new-chain").exit());
      done(site.olga(), "node", "enrol", node, "--new-chain");
      receipts(id, 1);
      guests.destroy(after);

      Path export = directory.resolve("export");
      done(site.olga(), "audit", "export", "--all", "--out", export.toString());
      TypedCommand.Outcome whole = verify(files(export));
      assertEquals(0, whole.exit(), whole::toString);
      assertTrue(whole.out().contains("began another chain"), whole.out());
    } finally {
      for (String other : site.nodes()) {
        site.workspace(site.olga(), "node", "undrain", other);
      }
      assertTrue(Files.exists(aside), "kept for the audit");
    }
  }
}
