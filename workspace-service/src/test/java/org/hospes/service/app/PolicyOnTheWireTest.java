package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.concurrent.Callable;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.Decision;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.Explain;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.PolicyFunction;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.image.Digest;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By which rule a site decides, as people and operators learn it. */
class PolicyOnTheWireTest {
  private static final String ADA = "/DC=org/DC=hospes/CN=Ada Physicist";
  @TempDir Path directory;
  private ServiceSite site;
  private WorkspacePort ada;
  private WorkspacePort olga;

  @BeforeEach
  void raise() throws Exception {
    site = new ServiceSite(directory).start();
    site.register();
    ada = site.as(site.ada);
    olga = site.as(site.olga);
  }

  @AfterEach
  void fell() throws Exception {
    site.close();
  }

  private static Explain question(String image) {
    Explain question = new Explain();
    question.setImage(image);
    question.setCpus(1);
    question.setMemoryBytes(256L << 20);
    return question;
  }

  private static RefusalException refused(Callable<?> call) {
    return Refusals.of(assertThrows(Exception.class, call::call)).orElseThrow();
  }

  private static String told(Decision decision) {
    return decision.getFunction()
        + " "
        + (decision.isAccepted() ? "accepted" : decision.getCode())
        + " by "
        + decision.getRule()
        + " at "
        + decision.getSource();
  }

  private String audit() throws Exception {
    return Files.readString(directory.resolve("audit.jsonl"));
  }

  private Digest version(String file) throws Exception {
    return Digest.sha256Of(Files.readAllBytes(directory.resolve(file)));
  }

  private void access(String more) throws Exception {
    site.write("service-access.yaml", ServiceSite.access("node1.example.org") + more);
  }

  private static void until(Callable<Boolean> seen) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!seen.call()) {
      assertTrue(System.nanoTime() < end, "not seen in a minute");
      Thread.sleep(50);
    }
  }

  @Test
  void aDeploymentSaysByWhichRulesItWasAccepted() throws Exception {
    Deploy dry = ServiceSite.deploy("sl6");
    dry.setDryRun(true);
    List<Decision> decisions = ada.deploy(dry).getDecision();
    assertEquals(2, decisions.size());
    assertEquals("RUN accepted by grid-mapfile at service-access.yaml", told(decisions.get(0)));
    assertEquals(version("service-access.yaml").toString(), decisions.get(0).getPolicy());
    assertTrue(
        told(decisions.get(1)).startsWith("IMAGE accepted by signers: ")
            && told(decisions.get(1)).endsWith(" at image-policy.yaml:3"),
        told(decisions.get(1)));
    assertEquals(version("image-policy.yaml").toString(), decisions.get(1).getPolicy());
    assertEquals(2, ada.deploy(ServiceSite.deploy("sl6")).getDecision().size());
    String audit = audit();
    for (String fact :
        List.of(
            "\"rule\":\"grid-mapfile\"",
            "\"policy\":\"" + version("service-access.yaml"),
            "\"mapfile\":\"" + version("grid-mapfile"),
            "\"imageSource\":\"image-policy.yaml:3\"",
            "\"imagePolicy\":\"" + version("image-policy.yaml"))) {
      assertTrue(audit.contains(fact), fact + " in\n" + audit);
    }
  }

  @Test
  void whatWouldBeDecidedIsExplainedWithTheRuleThatDecides() throws Exception {
    access(
        "run:\n  rules:\n    - {id: eve, dn: \""
            + ADA.replace("Ada Physicist", "Eve Other")
            + "\", cpus: 2}\n    - {id: mapped, mapfile: true, max-virtual-size: 512K}\n");
    until(() -> olga.explain(asked("sl6", ADA)).getDecision().get(0).getRule().equals("mapped"));
    assertEquals(
        "RUN limit.disk by mapped at service-access.yaml:10",
        told(ada.explain(question("sl6")).getDecision().get(0)));
    List<Decision> eves = site.as(site.eve).explain(question("evil")).getDecision();
    assertEquals("RUN accepted by eve at service-access.yaml:9", told(eves.get(0)));
    assertEquals(
        "IMAGE image.signer.untrusted by signers at image-policy.yaml:2", told(eves.get(1)));
    assertTrue(eves.get(1).getMessage().contains("Eve Other"), eves.get(1).getMessage());
    Explain three = question(null);
    three.setCpus(3);
    List<Decision> onlyRun = site.as(site.eve).explain(three).getDecision();
    assertEquals(1, onlyRun.size());
    assertEquals("RUN limit.cpus by eve at service-access.yaml:9", told(onlyRun.get(0)));
    assertEquals(List.of(), ada.listWorkspaces(new ListWorkspaces()).getWorkspace());
  }

  private static Explain asked(String image, String dn, String... fqans) {
    Explain question = question(image);
    question.setDn(dn);
    question.getFqan().addAll(List.of(fqans));
    return question;
  }

  @Test
  void aboutOthersOnlyOperatorsAreTold() throws Exception {
    List<Decision> bobs = site.as(site.bob).explain(question("sl6")).getDecision();
    assertEquals(1, bobs.size(), "who may not run does not keep the repository busy");
    assertEquals("RUN caller.not-mapped by no rule at service-access.yaml", told(bobs.get(0)));
    assertEquals(
        "caller.not-operator",
        refused(() -> ada.explain(asked("sl6", ADA.replace("Ada Physicist", "Eve Other")))).code());
    assertEquals(
        "caller.not-operator", refused(() -> ada.explain(asked("sl6", ADA, "/demo"))).code());
    assertEquals(2, ada.explain(asked("sl6", ADA)).getDecision().size());
    assertEquals(2, olga.explain(asked("sl6", ADA)).getDecision().size());
    List<Decision> atlas = olga.explain(asked("sl6", ADA, "/atlas/Role=NULL")).getDecision();
    assertEquals(PolicyFunction.IMAGE, atlas.get(1).getFunction());
    assertEquals("image.vo.mismatch", atlas.get(1).getCode());
    assertEquals("image-policy.yaml:3", atlas.get(1).getSource());
    assertEquals(
        FaultCategory.INVALID, refused(() -> olga.explain(asked("sl6", ADA, "atlas"))).category());
    assertEquals(
        FaultCategory.INVALID, refused(() -> olga.explain(asked("sl6", "Ada"))).category());
    assertEquals(
        FaultCategory.NOT_FOUND, refused(() -> ada.explain(question("nothing"))).category());
    assertTrue(audit().contains("\"event\":\"explain\",\"outcome\":\"REFUSED\""), audit());
  }

  @Test
  void theQuotaOfAVirtualOrganisationHoldsForAllOfIt() throws Exception {
    access("run:\n  quotas:\n    - {id: few, vo: demo, workspaces: 1}\n");
    WorkspacePort eve = site.as(site.eve);
    String id = ada.deploy(ServiceSite.deploy("sl6")).getWorkspace().getId();
    until(
        () ->
            eve.explain(question(null))
                .getDecision()
                .get(0)
                .getSource()
                .equals("service-access.yaml:9"));
    RefusalException full = refused(() -> eve.deploy(ServiceSite.deploy("sl6")));
    assertEquals("quota.vo.workspaces", full.code());
    assertEquals("few", full.facts().get("rule"));
    assertEquals("service-access.yaml:9", full.facts().get("source"));
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    Stop stop = new Stop();
    stop.setId(id);
    ada.stop(stop);
    ServiceSite.await(ada, id, WorkspaceState.STOPPED);
    assertEquals(
        "quota.vo.workspaces", refused(() -> eve.deploy(ServiceSite.deploy("sl6"))).code());
    access("run:\n  quotas:\n    - {id: none, vo: demo, workspaces: 0}\n");
    Start start = new Start();
    start.setId(id);
    until(() -> eve.explain(question(null)).getDecision().get(0).getRule().equals("none"));
    assertEquals("none", refused(() -> ada.start(start)).facts().get("rule"));
    assertEquals("none", refused(() -> olga.start(start)).facts().get("rule"));
    access("run:\n  quotas:\n    - {id: one, vo: demo, workspaces: 1}\n");
    until(() -> eve.explain(question(null)).getDecision().get(0).getRule().equals("one"));
    ada.start(start);
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
  }

  @Test
  void aFileWithAMistakeLeavesTheGoodOneInForceAndShouts() throws Exception {
    String good = version("service-access.yaml").toString();
    access("run:\n  rules:\n    - {id: open}\n");
    until(() -> audit().contains("policy.mistaken"));
    Decision run = ada.explain(question(null)).getDecision().get(0);
    assertEquals("RUN accepted by grid-mapfile at service-access.yaml", told(run));
    assertEquals(good, run.getPolicy());
    assertTrue(
        olga.listNodes(new ListNodes()).getWarning().stream()
            .anyMatch(warning -> warning.contains("service-access.yaml:9: run.rules[0].id")));
    assertTrue(metrics().contains("hospes_policy_stale 1"), metrics());
  }

  @Test
  void aCaThatIsLeftOutIsToldToOperators() throws Exception {
    Files.createDirectory(site.pki.caDirectory().resolve("0badca00.0"));
    until(
        () ->
            olga.listNodes(new ListNodes()).getWarning().stream()
                .anyMatch(warning -> warning.contains("0badca00.0: it is no file")));
    assertTrue(metrics().contains("hospes_authorities_unreadable 1"), metrics());
    ada.explain(question(null));
  }

  @Test
  void whatTheRepositorySaysOfItselfIsToldToOperatorsAlone() throws Exception {
    site.repository.warn("the image policy changed and cannot be used");
    ada.explain(question("sl6"));
    String told = "the repository: the image policy changed and cannot be used";
    assertTrue(olga.listNodes(new ListNodes()).getWarning().contains(told));
    assertFalse(ada.listNodes(new ListNodes()).getWarning().contains(told));
    site.repository.warn();
    ada.explain(question("sl6"));
    assertFalse(olga.listNodes(new ListNodes()).getWarning().contains(told));
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
