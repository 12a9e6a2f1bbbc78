package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Forward;
import org.hospes.contract.node.GuestPhase;
import org.hospes.contract.node.HeartbeatResponse;
import org.hospes.contract.node.RegisterResponse;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.Destroy;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.ListNodesResponse;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.ListWorkspacesResponse;
import org.hospes.contract.workspace.Moment;
import org.hospes.contract.workspace.ReadConsole;
import org.hospes.contract.workspace.StagingProgress;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ServiceOnTheWireTest {
  @TempDir Path directory;
  private ServiceSite site;
  private WorkspacePort ada;

  @BeforeEach
  void start() throws Exception {
    site = new ServiceSite(directory).start();
    site.register();
    ada = site.as(site.pki.proxy(site.ada, ProxyKind.FULL));
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  @Test
  void aSignedRequestByProxyBecomesARunningGuestAndGoesAgain() throws Exception {
    Deploy request = ServiceSite.deploy("sl6");
    Forward forward = new Forward();
    forward.setGuestPort(80);
    request.getForward().add(forward);
    request.setSshKey("ssh-ed25519 AAAA ada");
    Workspace accepted = ada.deploy(request).getWorkspace();
    assertEquals(WorkspaceState.REQUESTED, accepted.getState());
    Workspace running = ServiceSite.await(ada, accepted.getId(), WorkspaceState.RUNNING);
    assertEquals("node1", running.getNode());
    assertEquals("192.168.150.9", running.getAddress());
    assertEquals(30_080, running.getForward().get(0).getHostPort());
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", running.getOwner());
    assertEquals("/DC=org/DC=hospes/CN=Bob Builder", running.getImageSigner());
    assertEquals("sl6:1", running.getImageName());
    List<String> moments = running.getMoment().stream().map(Moment::getState).toList();
    assertTrue(
        moments.containsAll(
            List.of("REQUESTED", "PLACED", "STAGED", "VERIFIED", "FETCHED", "STARTED", "RUNNING")),
        moments.toString());
    var order = site.agent.orders.get(accepted.getId());
    assertEquals(site.image.toString(), order.getImageDigest());
    assertEquals("demo", order.getVirtualOrganisation());
    assertEquals("ssh-ed25519 AAAA ada", order.getSshKey());
    assertEquals(2, order.getImage().getCertificate().size() + 1);

    StagingProgress progress = new StagingProgress();
    progress.setId(accepted.getId());
    assertEquals(WorkspaceState.RUNNING, ada.stagingProgress(progress).getState());
    ReadConsole console = new ReadConsole();
    console.setId(accepted.getId());
    assertEquals("login: ", new String(ada.readConsole(console).getChunk().getBytes()));

    Destroy destroy = new Destroy();
    destroy.setId(accepted.getId());
    ada.destroy(destroy);
    ServiceSite.await(ada, accepted.getId(), WorkspaceState.DESTROYED);
    assertEquals(Map.of(), site.agent.guests);
    assertTrue(ada.readConsole(console).getChunk().isEnded());
    String audit = site.awaitAudit("\"move\":\"DESTROYED\"");
    for (String event : List.of("deploy", "console", "destroy")) {
      assertTrue(audit.contains("\"event\":\"" + event + "\",\"outcome\":\"ACCEPTED\""), audit);
    }
  }

  @Test
  void whoNamesNoLeaseGetsTheSitesUsual() throws Exception {
    Deploy request = ServiceSite.deploy("sl6");
    request.setLeaseSeconds(null);
    Duration usual = Duration.ofHours(4);
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    Instant ends = ada.deploy(request).getWorkspace().getLeaseEnds();
    assertFalse(ends.isBefore(before.plus(usual)), ends::toString);
    assertFalse(ends.isAfter(Instant.now().plus(usual)), ends::toString);
  }

  @Test
  void aDigestNeedsNoNamesAndATokenIsAnsweredOnce() throws Exception {
    site.repository.rollBack();
    Deploy request = ServiceSite.deploy("sl6@" + site.image);
    String id = ada.deploy(request).getWorkspace().getId();
    assertEquals(id, ada.deploy(request).getWorkspace().getId());
    request.setCpus(2);
    assertEquals(FaultCategory.CONFLICT, refused(() -> ada.deploy(request)).category());
  }

  @Test
  void foreignWorkspacesDoNotExistButForOperators() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    WorkspacePort eve = site.as(site.eve);
    assertEquals(FaultCategory.NOT_FOUND, refused(() -> ServiceSite.describe(eve, id)).category());
    Destroy destroy = new Destroy();
    destroy.setId(id);
    assertEquals(FaultCategory.NOT_FOUND, refused(() -> eve.destroy(destroy)).category());
    ReadConsole console = new ReadConsole();
    console.setId(id);
    assertEquals(FaultCategory.NOT_FOUND, refused(() -> eve.readConsole(console)).category());
    assertEquals(0, list(eve, null).getWorkspace().size());
    assertEquals(0, list(eve, "/DC=org/DC=hospes/CN=Ada Physicist").getWorkspace().size());

    WorkspacePort olga = site.as(site.olga);
    assertEquals(1, list(olga, null).getWorkspace().size());
    assertEquals(id, ServiceSite.describe(olga, id.substring(0, 8)).getId());
    olga.destroy(destroy);
    ServiceSite.await(ada, id, WorkspaceState.DESTROYED);
    assertTrue(
        ServiceSite.describe(ada, id).getReason().contains("Olga Operator"),
        ServiceSite.describe(ada, id).getReason());
  }

  @Test
  void refusalsSayWhyAndLeaveNothing() throws Exception {
    WorkspacePort bob = site.as(site.bob);
    RefusalException sign = refused(() -> bob.deploy(ServiceSite.deploy("sl6")));
    assertEquals("caller.not-mapped", sign.code());
    assertEquals(FaultCategory.NOT_ALLOWED, sign.category());
    assertTrue(sign.reference().isPresent());

    WorkspacePort limited = site.as(site.pki.proxy(site.ada, ProxyKind.LIMITED));
    assertEquals(
        "caller.proxy.limited", refused(() -> limited.deploy(ServiceSite.deploy("sl6"))).code());

    RefusalException evil = refused(() -> ada.deploy(ServiceSite.deploy("evil")));
    assertEquals(FaultCategory.IMAGE_REFUSED, evil.category());
    assertEquals("image.signer.untrusted", evil.code());
    assertTrue(evil.facts().toString().contains("Eve Other"), evil.facts().toString());

    Deploy huge = ServiceSite.deploy("sl6");
    huge.setCpus(64);
    assertEquals(FaultCategory.NO_CAPACITY, refused(() -> ada.deploy(huge)).category());

    assertEquals(
        FaultCategory.NOT_FOUND,
        refused(() -> ada.deploy(ServiceSite.deploy("nothing"))).category());

    Deploy wrong = ServiceSite.deploy("sl6 ");
    wrong.setCpus(0);
    wrong.setMemoryBytes(5);
    wrong.setLeaseSeconds(0L);
    RefusalException invalid = refused(() -> ada.deploy(wrong));
    assertEquals(FaultCategory.INVALID, invalid.category());
    assertTrue(
        invalid
            .facts()
            .keySet()
            .containsAll(List.of("image", "cpus", "memoryBytes", "leaseSeconds")),
        invalid.facts().toString());

    assertEquals(0, list(site.as(site.olga), null).getWorkspace().size());
    assertEquals(Map.of(), site.agent.guests);
    String audit = Files.readString(directory.resolve("audit.jsonl"));
    for (String code : List.of("caller.not-mapped", "image.signer.untrusted", "request.invalid")) {
      assertTrue(audit.contains(code), code);
    }
  }

  @Test
  void anOlderCatalogueAndARetiredImageAreRefused() throws Exception {
    ada.deploy(ServiceSite.deploy("sl6"));
    ada.deploy(ServiceSite.deploy("sl6"));
    assertEquals(1, site.repository.descriptions(), "the second time it was known");
    site.repository.retire("sl6");
    RefusalException retired = refused(() -> ada.deploy(ServiceSite.deploy("sl6:1")));
    assertEquals("image.retired", retired.code());
    site.repository.rollBack();
    RefusalException rolledBack = refused(() -> ada.deploy(ServiceSite.deploy("sl6:1")));
    assertEquals("image.catalogue.rolled-back", rolledBack.code());
    assertEquals(FaultCategory.IMAGE_REFUSED, rolledBack.category());
    site.start();
    site.register();
    WorkspacePort again = site.as(site.ada);
    assertEquals(
        "image.catalogue.rolled-back",
        refused(() -> again.deploy(ServiceSite.deploy("sl6:1"))).code());
  }

  @Test
  void aNodesRefusalEndsTheWorkspaceWithItsFacts() throws Exception {
    site.agent.refuseNext =
        RefusalException.of(FaultCategory.IMAGE_REFUSED, "image.digest.mismatch", "other bytes")
            .fact("expected", "a")
            .fact("found", "b");
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    Workspace failed = ServiceSite.await(ada, id, WorkspaceState.FAILED);
    assertEquals("image.digest.mismatch", failed.getRefusal().getCode());
    assertEquals(FaultCategory.IMAGE_REFUSED, failed.getRefusal().getCategory());
    assertEquals(Map.of(), site.agent.guests);
  }

  @Test
  void aNodeSpeaksOnlyForItselfAndLearnsWhatIsUnwanted() throws Exception {
    assertThrows(Exception.class, () -> site.registry(site.ada).heartbeat(heartbeat("node1")));
    RefusalException other = refused(() -> site.registry(site.node).heartbeat(heartbeat("node2")));
    assertEquals("node.name", other.code());

    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    RegisterResponse before = site.register();
    Destroy destroy = new Destroy();
    destroy.setId(id);
    ada.destroy(destroy);
    ServiceSite.await(ada, id, WorkspaceState.DESTROYED);
    site.agent.guests.put(id, TestNodePort.guest(id, GuestPhase.RUNNING));
    String stranger = "11111111-1111-1111-1111-111111111111";
    site.agent.guests.put(stranger, TestNodePort.guest(stranger, GuestPhase.RUNNING));
    HeartbeatResponse beat = site.beat();
    assertTrue(beat.isKnown());
    assertEquals(List.of(id), beat.getUnwanted());
    assertEquals(before.getServiceInstance(), beat.getServiceInstance());
    assertTrue(beat.getEpoch() > before.getEpoch());
    ListNodesResponse nodes = site.as(site.olga).listNodes(new ListNodes());
    assertTrue(nodes.getWarning().stream().anyMatch(w -> w.contains(stranger)));
    ListNodesResponse adas = ada.listNodes(new ListNodes());
    assertTrue(adas.getWarning().stream().noneMatch(w -> w.contains(stranger)));

    site.start();
    assertFalse(site.beat().isKnown());
    assertEquals(before.getServiceInstance(), site.register().getServiceInstance());
  }

  @Test
  void whatWasAcknowledgedGoesOnAfterARestart() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    site.start();
    site.register();
    WorkspacePort again = site.as(site.ada);
    ServiceSite.await(again, id, WorkspaceState.RUNNING);
    assertEquals(1, site.agent.guests.size());
  }

  @Test
  void listsArePagedAndNodesShown() throws Exception {
    for (int i = 0; i < 5; i++) {
      Deploy request = ServiceSite.deploy("sl6");
      request.setName("w" + i);
      ada.deploy(request);
    }
    ListWorkspaces request = new ListWorkspaces();
    request.setPageSize(2);
    int seen = 0;
    do {
      ListWorkspacesResponse page = ada.listWorkspaces(request);
      seen += page.getWorkspace().size();
      request.setPageToken(page.getNextPageToken());
    } while (request.getPageToken() != null);
    assertEquals(5, seen);
    assertEquals("quota.workspaces", refused(() -> ada.deploy(ServiceSite.deploy("sl6"))).code());
    assertEquals("w3", ServiceSite.describe(ada, "w3").getName());

    // Each takes its room when it is placed, which is after it was accepted.
    untilTrue(
        () -> ada.listNodes(new ListNodes()).getNode().get(0).getCpusFree(), free -> free == 3);
    ListNodesResponse nodes = ada.listNodes(new ListNodes());
    assertEquals(1, nodes.getNode().size());
    assertTrue(nodes.getNode().get(0).isAlive());
    assertFalse(nodes.getNode().get(0).isPolicyDrifted());
    assertTrue(nodes.getWarning().stream().anyMatch(w -> w.contains("SHA-1")));
    ListNodesResponse bobs = site.as(site.bob).listNodes(new ListNodes());
    assertEquals(0, bobs.getNode().size());
    assertEquals(0, bobs.getWarning().size());
    assertTrue(bobs.getRepositoryAddress().startsWith("https://localhost:"));
  }

  @Test
  void listsOfPeopleAndNodesAreTakenUpWithoutRestart() throws Exception {
    site.write("grid-mapfile", ServiceSite.mapfile("Eve Other"));
    until(() -> refused(() -> ada.deploy(ServiceSite.deploy("sl6"))).code(), "caller.not-mapped");
    site.write(
        "image-policy.yaml",
        "forms: [cms]\nsigners:\n  - dn: \"/DC=org/DC=hospes/CN=Bob Builder\"\n    vos: [demo]\n");
    WorkspacePort eve = site.as(site.eve);
    untilTrue(
        () -> refused(() -> eve.deploy(ServiceSite.deploy("sl6"))),
        r -> r.category() == FaultCategory.IMAGE_REFUSED);
    site.write("service-access.yaml", ServiceSite.access("other.example.org"));
    untilTrue(() -> assertThrows(Exception.class, () -> site.beat()), e -> e != null);
  }

  @Test
  void metricsAndHealthAreTold() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    String health = get("/health");
    assertTrue(health.contains("\"database\""), health);
    for (String name :
        List.of(
            "hospes_policy_sha1_accepted 1",
            "hospes_decisions_total{",
            "hospes_nodes{alive=\"true\"} 1",
            "hospes_crl_left_seconds{",
            "hospes_workspaces{")) {
      // Some are counted now and then.
      untilTrue(() -> get("/metrics"), metrics -> metrics.contains(name));
    }
  }

  @Test
  void aStrangersHandshakeStandsInTheAuditLog() throws Exception {
    var stranger = site.pki.otherCa().user("Mallory");
    assertThrows(Exception.class, () -> site.as(stranger).listNodes(new ListNodes()));
    // The command looks at its own papers first; this one sends without any.
    Stranger.asks(site.uri("/workspace"));
    Path audit = directory.resolve("audit.jsonl");
    untilTrue(
        () -> Files.readString(audit),
        a -> a.contains("\"event\":\"handshake\",\"outcome\":\"REFUSED\""));
    for (boolean answered : new boolean[] {false, true}) {
      String who = Stranger.hangsUp(site.uri("/workspace"), answered);
      untilTrue(() -> handshakes(audit, who), lines -> !lines.isEmpty());
      assertEquals(1, handshakes(audit, who).size(), Files.readString(audit));
      assertTrue(handshakes(audit, who).get(0).contains("tls.handshake"));
    }
  }

  private static List<String> handshakes(Path audit, String remote) throws Exception {
    return Files.readAllLines(audit).stream()
        .filter(line -> line.contains("\"event\":\"handshake\"") && line.contains(remote + "\""))
        .toList();
  }

  private String get(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + site.opsPort() + path))
                .timeout(java.time.Duration.ofSeconds(60))
                .build(),
            BodyHandlers.ofString())
        .body();
  }

  private static org.hospes.contract.node.Heartbeat heartbeat(String name) {
    var heartbeat = new org.hospes.contract.node.Heartbeat();
    heartbeat.setName(name);
    var report = new org.hospes.contract.node.NodeReport();
    report.setPolicyDigest("sha256:" + "0".repeat(64));
    heartbeat.setReport(report);
    return heartbeat;
  }

  private static ListWorkspacesResponse list(WorkspacePort port, String owner) throws Exception {
    ListWorkspaces request = new ListWorkspaces();
    request.setOwner(owner);
    request.setPageSize(100);
    return port.listWorkspaces(request);
  }

  private static RefusalException refused(Executable call) {
    Exception thrown = assertThrows(Exception.class, call);
    return Refusals.of(thrown).orElseThrow(() -> new AssertionError("no refusal", thrown));
  }

  private interface Asking<T> {
    T ask() throws Exception;
  }

  private static void until(Asking<String> asking, String answer) throws Exception {
    untilTrue(asking, answer::equals);
  }

  private static <T> void untilTrue(Asking<T> asking, Predicate<T> good) throws Exception {
    AssertionError last = null;
    String answer = "none";
    long end = System.nanoTime() + ServiceSite.PATIENCE.toNanos();
    do {
      try {
        T now = asking.ask();
        if (good.test(now)) {
          return;
        }
        answer = String.valueOf(now);
      } catch (AssertionError e) {
        last = e;
      }
      Thread.sleep(100);
    } while (System.nanoTime() < end);
    throw new AssertionError("waited in vain; the last answer: " + answer, last);
  }
}
