package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
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
