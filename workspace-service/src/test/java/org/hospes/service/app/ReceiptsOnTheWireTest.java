package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.hospes.contract.node.Countersign;
import org.hospes.contract.node.Heartbeat;
import org.hospes.contract.node.NodeReport;
import org.hospes.contract.node.ReceiptReference;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.contract.workspace.AuditHeads;
import org.hospes.contract.workspace.AuditHeadsResponse;
import org.hospes.contract.workspace.EnrolNode;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.Receipts;
import org.hospes.contract.workspace.ReceiptsResponse;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.receipt.AuditResult;
import org.hospes.trust.receipt.ReceiptAudit;
import org.hospes.trust.receipt.ReceiptChains;
import org.hospes.trust.receipt.TrustedPaths;
import org.hospes.wire.refusal.Refusals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Receipts from a node to the people who ask for them, over a restart of the service. */
@Timeout(300)
class ReceiptsOnTheWireTest {
  private static final String SERVICE = "/DC=org/DC=hospes/CN=service.example.org";

  @TempDir Path directory;
  private ServiceSite site;
  private WorkspacePort ada;
  private WorkspacePort olga;
  private RegistryPort registry;

  @BeforeEach
  void start() throws Exception {
    site = new ServiceSite(directory);
    again();
  }

  private void again() throws Exception {
    site.start();
    site.register();
    ada = site.as(site.pki.proxy(site.ada, ProxyKind.FULL));
    olga = site.as(site.olga);
    registry = site.registry(site.node);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private ReceiptChains.Node chain(Credential host) throws Exception {
    Path folder = Files.createTempDirectory(directory, "chain");
    return new ReceiptChains(folder, site.node, Instant.now()).stranger(host);
  }

  private long send(ReceiptChains.Node chain, String... workspaces) throws Exception {
    for (String id : workspaces) {
      chain.boot(UUID.fromString(id));
    }
    chain.batch();
    chain.segment();
    Path file = chain.segments().get(chain.segments().size() - 2);
    return countersigned(registry, chain, Files.readAllBytes(file));
  }

  private static long countersigned(RegistryPort port, ReceiptChains.Node chain, byte[] lines)
      throws Exception {
    Countersign request = new Countersign();
    request.setName("node1");
    request.setChain(chain.chain().toString());
    request.setLines(lines);
    return port.countersign(request).getNext();
  }

  private static byte[] receipts(WorkspacePort port, String id) throws Exception {
    Receipts request = new Receipts();
    request.setId(id);
    return port.receipts(request).getBundle();
  }

  private static ReceiptsResponse receipts(WorkspacePort port, String id, long after)
      throws Exception {
    Receipts request = new Receipts();
    request.setId(id);
    request.setAfter(after);
    return port.receipts(request);
  }

  private static AuditHeadsResponse heads(WorkspacePort port, long after, String chain)
      throws Exception {
    AuditHeads request = new AuditHeads();
    request.setAfter(after);
    request.setMost(100);
    request.setChain(chain);
    return port.auditHeads(request);
  }

  private AuditResult judged(List<byte[]> files) throws Exception {
    List<Path> all = new ArrayList<>();
    for (byte[] file : files) {
      all.add(Files.write(Files.createTempFile(directory, "file", ".jsonl"), file));
    }
    try (CertificateDirectory paths = site.pki.validator()) {
      return new ReceiptAudit(
              new DistinguishedName(SERVICE), new TrustedPaths(paths, Clock.systemUTC()), 1)
          .judge(all);
    }
  }

  private static String code(Executable call) {
    return Refusals.of(assertThrows(Exception.class, call)).orElseThrow().code();
  }

  private List<String> warnings() throws Exception {
    return olga.listNodes(new ListNodes()).getWarning();
  }

  private void report(String chain, long to) throws Exception {
    ReceiptReference head = new ReceiptReference();
    head.setChain(chain);
    head.setSequence(to);
    head.setDigest("sha256:" + "ab".repeat(32));
    NodeReport report = new NodeReport();
    report.setDiskFreeBytes(1);
    report.setPolicyDigest("sha256:" + "ab".repeat(32));
    report.setReceiptHead(head);
    Heartbeat request = new Heartbeat();
    request.setName("node1");
    request.setReport(report);
    assertTrue(registry.heartbeat(request).isKnown());
  }

  @Test
  void whoseWorkspaceItIsIsToldAndOperatorsAreToldAll() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertEquals("receipt.none", code(() -> receipts(ada, id)));
    try (ReceiptChains.Node chain = chain(site.node)) {
      assertEquals(1, countersigned(registry, chain, new byte[0]));
      assertEquals(3, send(chain, id, UUID.randomUUID().toString()));
      again();
      assertEquals(3, countersigned(registry, chain, new byte[0]), "after a restart");
      assertEquals(4, send(chain, id));
      AuditResult mine = judged(List.of(receipts(ada, id)));
      assertEquals(AuditResult.Verdict.WHOLE, mine.verdict(), () -> mine.findings().toString());
      assertEquals(2, mine.receipts());
      ReceiptsResponse last = receipts(ada, id, 1);
      assertEquals(null, last.getNext());
      assertEquals(
          AuditResult.Verdict.NOT_SHOWN_COMPLETE, judged(List.of(last.getBundle())).verdict());
      assertEquals("receipt.fewer", code(() -> receipts(ada, id, 3)));
      assertEquals("request.invalid", code(() -> receipts(ada, id, -1)));
      assertEquals("workspace.not-found", code(() -> receipts(site.as(site.eve), id)));
      assertEquals(AuditResult.Verdict.WHOLE, judged(List.of(receipts(olga, id))).verdict());
      assertEquals("caller.not-operator", code(() -> heads(ada, 0, null)));
      AuditHeadsResponse said = heads(olga, 0, null);
      assertEquals(3, said.getNext());
      assertEquals(0, heads(olga, 3, null).getLines().length);
      AuditResult all =
          judged(List.of(said.getLines(), heads(olga, 0, chain.chain().toString()).getLines()));
      assertEquals(AuditResult.Verdict.WHOLE, all.verdict(), () -> all.findings().toString());
      assertEquals(3, all.receipts());
      assertEquals("request.invalid", code(() -> heads(olga, -1, null)));
      assertEquals("request.invalid", code(() -> heads(olga, 0, "no-uuid")));
    }
  }

  @Test
  void whatIsNotTheNodesOwnIsRefusedAndTold() throws Exception {
    Credential other = site.pki.host("other.example.org", "localhost");
    try (ReceiptChains.Node first = chain(site.node);
        ReceiptChains.Node second = chain(site.node);
        ReceiptChains.Node foreign = chain(other)) {
      String id = UUID.randomUUID().toString();
      assertEquals("receipts.refused", code(() -> send(foreign, id)));
      assertEquals(2, send(first, id));
      assertEquals("receipts.other-chain", code(() -> send(second, id)));
      assertTrue(
          warnings().toString().contains("another chain of receipts"), warnings().toString());
      report(first.chain().toString(), 0);
      assertTrue(warnings().toString().contains("NOT COUNTERSIGNED"), warnings().toString());

      EnrolNode enrol = new EnrolNode();
      enrol.setNode("node1");
      assertEquals("caller.not-operator", code(() -> ada.enrolNode(enrol)));
      assertEquals(first.chain().toString(), olga.enrolNode(enrol).getChain());
      enrol.setNode("node9");
      assertEquals("node.not-found", code(() -> olga.enrolNode(enrol)));
      assertEquals(
          2,
          countersigned(registry, second, Files.readAllBytes(second.segments().get(0))),
          "it was refused before");
      assertEquals(3, send(second, id));
      report(second.chain().toString(), 9);
      assertEquals(false, warnings().toString().contains("COUNTERSIGNED"), warnings().toString());
      String audited = Files.readString(directory.resolve("audit.jsonl"));
      assertTrue(audited.contains("\"event\":\"receipts.refused\""), audited);
      assertTrue(audited.contains("\"event\":\"receipts.enrolled\""), audited);
      assertTrue(audited.contains("node enrol --new-chain"), audited);
    }
  }

  @Test
  void eachStartNamesTheMessageThatAskedForIt() throws Exception {
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertEquals("", site.agent.startRequests.get(0), "that of the order");
    Stop stop = new Stop();
    stop.setId(id);
    stop.setGraceSeconds(0);
    ada.stop(stop);
    ServiceSite.await(ada, id, WorkspaceState.STOPPED);
    Start start = new Start();
    start.setId(id);
    olga.start(start);
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    assertEquals("null", site.agent.startAskers.get(0), "of the order its owner");
    assertEquals(
        DistinguishedName.ofSubject(site.olga.leaf()).slash(),
        site.agent.startAskers.get(site.agent.startAskers.size() - 1));
    String last = site.agent.startRequests.get(site.agent.startRequests.size() - 1);
    assertEquals("sha256:".length() + 64, last.length());
    assertNotEquals(site.agent.orders.get(id).getRequestDigest(), last);
  }
}
