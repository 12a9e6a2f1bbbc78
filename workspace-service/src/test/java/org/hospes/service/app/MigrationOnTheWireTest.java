package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.Expect;
import org.hospes.contract.node.GuestPhase;
import org.hospes.contract.node.HandOverWish;
import org.hospes.contract.workspace.DrainNode;
import org.hospes.contract.workspace.DrainNodeResponse;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.Migrate;
import org.hospes.contract.workspace.Pause;
import org.hospes.contract.workspace.UndrainNode;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Migration as people ask for it, signed and over TLS, down to the ports of two nodes. */
@Timeout(300)
class MigrationOnTheWireTest {
  @TempDir Path directory;
  private ServiceSite site;
  private WorkspacePort ada;

  @BeforeEach
  void start() throws Exception {
    site = new ServiceSite(directory).twoNodes().start();
    site.register();
    ada = site.as(site.ada);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private String running() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    assertEquals("node1", ServiceSite.await(ada, id, WorkspaceState.RUNNING).getNode());
    return id;
  }

  private static Migrate migrate(String id, String to) {
    Migrate request = new Migrate();
    request.setId(id);
    request.setTo(to);
    return request;
  }

  private Workspace atRest(String id, String node) throws Exception {
    return ServiceSite.await(
        ada,
        id,
        w ->
            w.getState() == WorkspaceState.RUNNING
                && w.getGoal() == WorkspaceGoal.RUN
                && node.equals(w.getNode())
                && w.getLeftOn().isEmpty());
  }

  private static RefusalException refused(Executable call) {
    Exception thrown = assertThrows(Exception.class, call);
    return Refusals.of(thrown).orElseThrow(() -> new AssertionError("no refusal", thrown));
  }

  @Test
  void aGuestGoesThereAndBackWithAllThatIsToldOfIt() throws Exception {
    String id = running();
    Workspace asked = ada.migrate(migrate(id, "node2")).getWorkspace();
    assertEquals(WorkspaceGoal.MIGRATE, asked.getGoal());
    assertEquals("node1", asked.getMigration().getFrom());
    assertEquals("node2", asked.getMigration().getTo());
    Workspace moved = atRest(id, "node2");
    assertNull(moved.getMigration());
    assertNull(moved.getSetback());
    assertEquals(GuestPhase.RUNNING, site.other.guests.get(id).getPhase());
    HandOverWish offered = site.agent.offered.get(id);
    Expect expected = site.other.expected.get(id);
    assertEquals(offered.getWish(), expected.getWish());
    assertEquals(offered.getWish(), site.other.guests.get(id).getReceived());
    assertEquals(site.other.orders.get(id).getImageDigest(), expected.getOrder().getImageDigest());
    assertTrue(expected.getFileSource().startsWith("https://"), expected.getFileSource());
    assertEquals(List.of(), List.copyOf(site.agent.guests.keySet()));
    assertTrue(
        moved.getMoment().stream()
            .anyMatch(m -> m.getState().equals("MIGRATED") && m.getNote().contains("node1")));
    ada.migrate(migrate(id, null));
    atRest(id, "node1");
    assertEquals(1, site.agent.boots.get(id));
    String audit = Files.readString(directory.resolve("audit.jsonl"));
    assertTrue(audit.contains("\"event\":\"migrate\",\"outcome\":\"ACCEPTED\""), audit);
    for (String move : List.of("MIGRATION_ASKED", "MIGRATED", "REMAINS_REMOVED")) {
      assertTrue(audit.contains("\"move\":\"" + move + "\""), audit);
    }
    assertTrue(audit.contains("\"migrates\":\"node1 to node2\""), audit);
  }

  @Test
  void aTargetThatRefusesIsToldAndItGoesOnWhereItWas() throws Exception {
    String id = running();
    site.other.failNextReception =
        RefusalException.of(FaultCategory.IMAGE_REFUSED, "image.signer.untrusted", "not here");
    ada.migrate(migrate(id, "node2"));
    Workspace stayed = ServiceSite.await(ada, id, w -> w.getSetback() != null);
    assertEquals("image.signer.untrusted", stayed.getSetback().getCode());
    stayed = atRest(id, "node1");
    assertTrue(stayed.getMoment().stream().anyMatch(m -> m.getState().equals("NOT_MIGRATED")));
    assertEquals(List.of(), List.copyOf(site.other.guests.keySet()));
    assertEquals(1, site.agent.boots.get(id));
    String audit = Files.readString(directory.resolve("audit.jsonl"));
    assertTrue(audit.contains("MIGRATION_GIVEN_UP"), audit);
    assertTrue(audit.contains("image.signer.untrusted"), audit);
  }

  @Test
  void whoMayNotIsRefused() throws Exception {
    String id = running();
    assertEquals(
        FaultCategory.NOT_FOUND,
        refused(() -> site.as(site.eve).migrate(migrate(id, "node2"))).category());
    assertEquals(
        FaultCategory.NOT_FOUND, refused(() -> ada.migrate(migrate(id, "node9"))).category());
    site.as(site.olga).migrate(migrate(id, "node2"));
    atRest(id, "node2");
    DrainNode drain = new DrainNode();
    drain.setNode("node2");
    drain.setMigrate(true);
    assertEquals(FaultCategory.NOT_ALLOWED, refused(() -> ada.drainNode(drain)).category());
  }

  @Test
  void aDrainedNodeIsEmptiedAndSaysWhoStays() throws Exception {
    String goes = running();
    DrainNode other = new DrainNode();
    other.setNode("node2");
    WorkspacePort olga = site.as(site.olga);
    olga.drainNode(other);
    String stays = running();
    UndrainNode open = new UndrainNode();
    open.setNode("node2");
    olga.undrainNode(open);
    Pause pause = new Pause();
    pause.setId(stays);
    ada.pause(pause);
    ServiceSite.await(ada, stays, WorkspaceState.PAUSED);
    DrainNode drain = new DrainNode();
    drain.setNode("node1");
    drain.setMigrate(true);
    olga.drainNode(drain);
    atRest(goes, "node2");
    DrainNodeResponse left = olga.drainNode(drain);
    assertEquals(1, left.getWorkspaces());
    assertEquals(0, left.getMoving());
    assertEquals(stays, left.getStay().get(0).getId());
    assertEquals("workspace.state", left.getStay().get(0).getWhy().getCode());
    assertTrue(olga.listNodes(new ListNodes()).getNode().get(0).isDrainMigrates());
    assertTrue(Files.readString(directory.resolve("audit.jsonl")).contains("node drain --migrate"));
  }

  @Test
  void metricsCountThoseOnTheirWay() throws Exception {
    String id = running();
    ada.migrate(migrate(id, "node2"));
    atRest(id, "node2");
    // They are counted now and then.
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    String metrics = metrics();
    while (!metrics.contains("hospes_migrations 0.0")
        || !metrics.contains("hospes_migrations_remains 0.0")) {
      assertTrue(System.nanoTime() < end, metrics);
      metrics = metrics();
    }
  }

  private String metrics() throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + site.opsPort() + "/metrics"))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
