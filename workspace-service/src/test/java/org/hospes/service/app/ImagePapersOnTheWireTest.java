package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.hospes.contract.node.GuestOrder;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.image.Digest;
import org.hospes.image.Statement;
import org.hospes.image.publication.SightStatement;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What comes with an image besides its signature, on its way from the repository to a node. */
@Timeout(300)
class ImagePapersOnTheWireTest {
  @TempDir Path directory;
  private ServiceSite site;
  private WorkspacePort ada;

  @BeforeEach
  void start() throws Exception {
    site = new ServiceSite(directory);
    site.write("grid-mapfile", ServiceSite.mapfile("Ada Physicist") + mapfile());
    site.write(
        "image-policy.yaml",
        """
        forms: [cms, classic-sha256, classic-sha1]
        signers:
          - {dn: /DC=org/DC=hospes/CN=Bob Builder, vos: [demo], not-for-own-runs: true}
        endorsements:
          - {names: [sl6], of: [/DC=org/DC=hospes/CN=Eve Other], at-least: 1}
        """);
    site.start();
    site.register();
    ada = site.as(site.pki.proxy(site.ada, ProxyKind.FULL));
  }

  private static String mapfile() {
    return ServiceSite.mapfile("Bob Builder");
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  @Test
  void whoSignsDoesNotRunAndWhatOthersEndorseTravelsToTheNode() throws Exception {
    WorkspacePort bob = site.as(site.bob);
    assertEquals("image.run.own", refused(() -> bob.deploy(ServiceSite.deploy("sl6"))).code());
    RefusalException alone = refused(() -> ada.deploy(ServiceSite.deploy("sl6")));
    assertEquals("image.endorsements.missing", alone.code());
    assertEquals("1 of /DC=org/DC=hospes/CN=Eve Other", alone.facts().get("expected"));
    // It was asked for a moment ago, and yet what was added since is seen at once.
    byte[] endorsement = site.repository.endorse("sl6", site.eve);
    Workspace accepted = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace();
    ServiceSite.await(ada, accepted.getId(), WorkspaceState.RUNNING);
    List<byte[]> sent = site.agent.orders.get(accepted.getId()).getImage().getEndorsement();
    assertEquals(1, sent.size());
    assertArrayEquals(endorsement, sent.get(0));
    assertEquals("image.run.own", refused(() -> bob.deploy(ServiceSite.deploy("sl6"))).code());
  }

  @Test
  void aNodeIsToldWhenThePublicationWasFirstSeen() throws Exception {
    Instant before = Instant.now().minusMillis(1);
    site.repository.endorse("sl6", site.eve);
    Workspace first = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace();
    ServiceSite.await(ada, first.getId(), WorkspaceState.RUNNING);
    assertNull(site.agent.orders.get(first.getId()).getSight(), "of an older repository");
    Statement publication = site.repository.countersign("sl6");
    Workspace second = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace();
    ServiceSite.await(ada, second.getId(), WorkspaceState.RUNNING);
    GuestOrder order = site.agent.orders.get(second.getId());
    assertArrayEquals(publication.body(), order.getImage().getPublication().getBody());
    assertArrayEquals(publication.signature(), order.getImage().getPublication().getSignature());
    SightStatement sight = SightStatement.parse(order.getSight().getBody());
    assertEquals(Digest.sha256Of(publication.body()), sight.publication());
    assertTrue(sight.first().isAfter(before) && !sight.first().isAfter(Instant.now()));
    Workspace third = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace();
    ServiceSite.await(ada, third.getId(), WorkspaceState.RUNNING);
    assertEquals(
        sight,
        SightStatement.parse(site.agent.orders.get(third.getId()).getSight().getBody()),
        "the first sight stays the first");
  }

  @Test
  void whatIsSaidOfItSinceTravelsWithAStart() throws Exception {
    site.repository.endorse("sl6", site.eve);
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    Stop stop = new Stop();
    stop.setId(id);
    stop.setGraceSeconds(1);
    ada.stop(stop);
    ServiceSite.await(
        ada, id, w -> w.getState() == WorkspaceState.STOPPED && w.getGoal() == WorkspaceGoal.STOP);
    assertNull(site.agent.started.get(id).getImage(), "it was staged a moment before");
    byte[] renewed = site.repository.endorse("sl6", site.eve);
    Statement publication = site.repository.countersign("sl6");
    Start start = new Start();
    start.setId(id);
    ada.start(start);
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    var told = site.agent.started.get(id);
    GuestOrder order = site.agent.orders.get(id);
    assertArrayEquals(order.getImage().getManifest(), told.getImage().getManifest());
    assertArrayEquals(order.getImage().getSignature(), told.getImage().getSignature());
    assertArrayEquals(renewed, told.getImage().getEndorsement().get(0));
    assertArrayEquals(publication.body(), told.getImage().getPublication().getBody());
    assertEquals(
        Digest.sha256Of(publication.body()),
        SightStatement.parse(told.getSight().getBody()).publication());
  }

  private static RefusalException refused(Executable call) {
    return Refusals.of(assertThrows(Exception.class, call)).orElseThrow();
  }
}
