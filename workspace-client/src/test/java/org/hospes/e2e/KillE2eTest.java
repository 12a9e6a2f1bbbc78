package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code kill -9} on the real site, where it hurts most. The walk over every write of the journal
 * and every saved move is made by the modules' own tests ({@code KilledEverywhereTest}, {@code
 * KillEverywhereTest}); here stand those points at which libvirt, kernel and network are left in a
 * state of their own.
 */
@EndToEnd
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KillE2eTest {
  private static final Duration LONG = Duration.ofSeconds(120);

  private final Site site;
  private final Guests guests;
  private Guests.Published image;
  private String node;

  KillE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  /** The node that holds the image is preferred, so the next guests come there. */
  @BeforeAll
  void chooseNode() throws Exception {
    image = guests.published();
    JsonNode first = guests.running(image.reference());
    node = first.path("node").asText();
    guests.destroy(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "after:ordered",
        "before:done.network",
        "before:done.domain",
        "after:done.domain",
        "before:done.resumed"
      })
  void anAgentKilledOnTheWayUp(String point) throws Exception {
    site.restart(node, "-Dhospes.node.kill-at=" + point);
    site.awaitNodes();
    String id = asked();
    Site.await("the agent dies at " + point, LONG, () -> site.isDead(node));
    site.restart(node, "");
    reachesRunning(id);
    destroyed(id);
  }

  @ParameterizedTest
  @ValueSource(strings = {"before:undone.domain", "after:undone.network", "before:forgotten"})
  void anAgentKilledOnTheWayDown(String point) throws Exception {
    site.restart(node, "-Dhospes.node.kill-at=" + point);
    site.awaitNodes();
    JsonNode workspace = guests.running(image.reference());
    String id = workspace.path("id").asText();
    assertEquals(node, workspace.path("node").asText());
    assertEquals(0, site.workspace(site.ada(), "destroy", id).exit());
    Site.await("the agent dies at " + point, LONG, () -> site.isDead(node));
    site.restart(node, "");
    Site.await(
        "it is destroyed", LONG, () -> site.show(id).path("state").asText().equals("DESTROYED"));
    nothingLeft(id);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ACCEPTED:before", "ACCEPTED:after", "PLACED:after", "STARTED:before"})
  void theServiceKilled(String point) throws Exception {
    site.restart("workspace-service", "-Dhospes.crash-at=" + point);
    site.awaitNodes();
    String name = "k" + UUID.randomUUID().toString().substring(0, 8);
    CompletableFuture<TypedCommand.Outcome> asking =
        CompletableFuture.supplyAsync(() -> deployWithoutWaiting(name));
    Site.await("the service dies at " + point, LONG, () -> site.isDead("workspace-service"));
    TypedCommand.Outcome answered = asking.get();
    site.restart("workspace-service", "");
    site.awaitNodes();
    Optional<String> found = named(name);
    assertTrue(
        found.isPresent() || answered.exit() != 0, "what was acknowledged is not lost: " + point);
    assertEquals(!point.equals("ACCEPTED:before"), found.isPresent(), point);
    String id = found.isPresent() ? found.get() : asked();
    reachesRunning(id);
    destroyed(id);
  }

  @Test
  void bothKilledUnderARunningGuest() throws Exception {
    JsonNode workspace = guests.running(image.reference());
    String id = workspace.path("id").asText();
    site.restart("workspace-service", "");
    site.restart(node, "");
    site.awaitNodes();
    reachesRunning(id);
    destroyed(id);
  }

  @Test
  void libvirtdKilledInTheMiddleOfACreate() throws Exception {
    Path log = site.log(node + ".log");
    long seen = Files.size(log);
    String id = asked();
    while (!since(log, seen).contains("workspace=" + id + " from=PREPARED to=STARTING")) {
      Thread.sleep(5);
    }
    Thread.sleep(60);
    site.libvirtd(node, "kill");
    Thread.sleep(500);
    site.libvirtd(node, "start");
    reachesRunning(id);
    destroyed(id);
  }

  private static String since(Path log, long offset) throws Exception {
    byte[] all = Files.readAllBytes(log);
    return new String(all, (int) offset, (int) (all.length - offset), StandardCharsets.UTF_8);
  }

  private TypedCommand.Outcome deployWithoutWaiting(String name) {
    try {
      return site.workspace(
          site.ada(),
          "deploy",
          image.reference(),
          "--memory",
          "128M",
          "--name",
          name,
          "-o",
          "json");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private String asked() throws Exception {
    TypedCommand.Outcome asked =
        deployWithoutWaiting("k" + UUID.randomUUID().toString().substring(0, 8));
    assertEquals(0, asked.exit(), asked.err());
    return Site.json(asked.out()).path("id").asText();
  }

  private Optional<String> named(String name) throws Exception {
    JsonNode all = Site.json(site.workspace(site.ada(), "list", "-o", "json").out());
    for (JsonNode each : all) {
      if (each.path("name").asText().equals(name)) {
        return Optional.of(each.path("id").asText());
      }
    }
    return Optional.empty();
  }

  /** It runs, in exactly one domain, and there is none that nobody asked for. */
  private void reachesRunning(String id) throws Exception {
    Site.await("it runs", LONG, () -> site.show(id).path("state").asText().equals("RUNNING"));
    assertEquals(List.of(id), site.domains());
  }

  private void destroyed(String id) throws Exception {
    TypedCommand.Outcome gone = site.workspace(site.ada(), "destroy", id, "--wait");
    assertEquals(0, gone.exit(), gone.err());
    nothingLeft(id);
  }

  private void nothingLeft(String id) throws Exception {
    guests.assertNothingLeft(id);
    assertEquals(List.of(), site.domains());
  }
}
