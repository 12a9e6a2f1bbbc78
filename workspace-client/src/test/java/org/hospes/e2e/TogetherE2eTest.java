package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.Test;

/** Many people at the door at once. */
@EndToEnd
class TogetherE2eTest {
  private static final int MANY = 10;

  private final Site site;
  private final Guests guests;

  TogetherE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @Test
  void tenDeploymentsFetchAnImageOncePerNode() throws Exception {
    Guests.Published image = guests.published();
    Map<String, Long> before = fetchedBytes();
    ExecutorService people = Executors.newFixedThreadPool(MANY);
    List<JsonNode> workspaces = new ArrayList<>();
    try {
      List<Future<TypedCommand.Outcome>> asked = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        asked.add(people.submit(() -> guests.deploy(image.reference())));
      }
      for (Future<TypedCommand.Outcome> each : asked) {
        TypedCommand.Outcome deployed = each.get();
        assertEquals(0, deployed.exit(), deployed.err());
        workspaces.add(Site.json(deployed.out()));
      }
    } finally {
      people.shutdownNow();
    }
    Set<String> ids = new HashSet<>();
    workspaces.forEach(each -> ids.add(each.path("id").asText()));
    assertEquals(MANY, ids.size());
    List<String> domains = site.domains();
    assertEquals(MANY, domains.size());
    assertEquals(ids, new HashSet<>(domains));
    assertFetchedOnce(image, before);
    List<String> all = new ArrayList<>(List.of("destroy", "--wait"));
    all.addAll(ids);
    TypedCommand.Outcome gone = site.workspace(site.ada(), all.toArray(String[]::new));
    assertEquals(0, gone.exit(), gone.err());
    for (String id : ids) {
      guests.assertNothingLeft(id);
    }
  }

  @Test
  void aDrainedNodeGetsNoNewGuestsAndKeepsItsOwn() throws Exception {
    Guests.Published image = guests.published();
    JsonNode there = guests.running(image.reference());
    String drained = there.path("node").asText();
    String other = Site.NODES.stream().filter(n -> !n.equals(drained)).findFirst().orElseThrow();
    TypedCommand.Outcome refused = site.workspace(site.ada(), "node", "drain", drained);
    assertEquals(6, refused.exit(), refused.err());
    assertTrue(refused.err().contains("code: caller.not-operator"), refused.err());
    TypedCommand.Outcome unknown = site.workspace(site.olga(), "node", "drain", "node9");
    assertEquals(3, unknown.exit(), unknown.err());
    assertTrue(unknown.err().contains("code: node.not-found"), unknown.err());
    try {
      assertDone(site.workspace(site.olga(), "node", "drain", drained));
      JsonNode second = guests.running(image.reference());
      assertEquals(other, second.path("node").asText());
      assertDone(site.workspace(site.olga(), "node", "drain", other));
      String third =
          Site.json(
                  site.workspace(
                          site.ada(), "deploy", image.reference(), "--memory", "128M", "-o", "json")
                      .out())
              .path("id")
              .asText();
      Site.await(
          "the service to say why it waits",
          Duration.ofSeconds(60),
          () -> site.show(third).path("reason").asText().contains("closed every node"));
      assertEquals("RUNNING", site.show(there.path("id").asText()).path("state").asText());
      assertDone(site.workspace(site.olga(), "node", "undrain", drained));
      Site.await(
          "it to run there",
          Duration.ofMinutes(1),
          () -> site.show(third).path("state").asText().equals("RUNNING"));
      assertEquals(drained, site.show(third).path("node").asText());
      guests.destroy(second);
      guests.destroy(site.show(third));
    } finally {
      assertDone(site.workspace(site.olga(), "node", "undrain", drained));
      assertDone(site.workspace(site.olga(), "node", "undrain", other));
    }
    guests.destroy(there);
    assertEquals(1, site.audited("audit.jsonl", "node drain", "caller.not-operator").size());
    assertEquals(1, site.audited("audit.jsonl", "node drain", "node.not-found").size());
  }

  private static void assertDone(TypedCommand.Outcome outcome) {
    assertEquals(0, outcome.exit(), outcome.err());
  }

  /**
   * Each node that has it took its bytes over the wire once, as the nodes and the repository tell.
   */
  private void assertFetchedOnce(Guests.Published image, Map<String, Long> before)
      throws Exception {
    long size = Files.size(image.file());
    Map<String, Long> after = fetchedBytes();
    for (String node : Site.NODES) {
      boolean has = Files.exists(site.cached(node, image.digest()));
      assertEquals(has ? size : 0, after.get(node) - before.get(node), "bytes fetched by " + node);
      // The repository writes a line where a transfer of an image begins.
      long transfers =
          site
              .audited("image-repo-audit.jsonl", "\"event\":\"fetch\"", Site.hex(image.digest()))
              .stream()
              .filter(line -> line.contains("CN=" + node + ".hospes.test"))
              .count();
      assertEquals(has ? 1 : 0, transfers, "transfers to " + node);
    }
  }

  private Map<String, Long> fetchedBytes() throws Exception {
    Map<String, Long> fetched = new TreeMap<>();
    for (String node : Site.NODES) {
      double bytes =
          site.at(node, "curl", "-sf", "http://127.0.0.1:9455/metrics")
              .orFail()
              .out()
              .lines()
              .filter(line -> line.startsWith("hospes_cache_fetched_bytes_total"))
              .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
              .sum();
      fetched.put(node, (long) bytes);
    }
    return fetched;
  }
}
