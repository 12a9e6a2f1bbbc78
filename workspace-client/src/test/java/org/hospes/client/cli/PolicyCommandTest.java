package org.hospes.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hospes.contract.workspace.Decision;
import org.hospes.contract.workspace.PolicyFunction;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is typed to learn by which rule a site decides. */
class PolicyCommandTest {
  private static final String DIGEST = "sha256:" + "a".repeat(64);
  @TempDir static Path shared;
  private static WireSite site;
  private static Map<String, String> environment;
  private static final ScriptedPort port = new ScriptedPort();

  @TempDir Path directory;
  private TypedCommand.Outcome last;

  @BeforeAll
  static void raise() throws Exception {
    site = WireSite.create(shared.resolve("pki"));
    SecureServer server =
        site.start(
            site.server().signed("/workspace", port, WorkspacePort.class, "wsdl/workspace.wsdl"));
    Credential ada = site.pki().user("Ada Physicist");
    environment =
        Map.of(
            "HOSPES_SERVICE",
            "https://localhost:" + server.port(),
            "X509_CERT_DIR",
            site.pki().caDirectory().toString(),
            "X509_USER_PROXY",
            site.pki().writeProxy(site.pki().proxy(ada, ProxyKind.FULL), "proxy.pem").toString());
  }

  @BeforeEach
  void reset() {
    port.reset();
  }

  @AfterAll
  static void fell() throws Exception {
    site.close();
  }

  private int workspace(String... arguments) {
    last = TypedCommand.type(environment, directory, arguments);
    return last.exit();
  }

  private static Decision decision(PolicyFunction function, String code) {
    Decision decision = new Decision();
    decision.setFunction(function);
    decision.setAccepted(code == null);
    decision.setRule(function == PolicyFunction.RUN ? "atlas-prod" : "signers: /CN=bob");
    decision.setSource(function == PolicyFunction.RUN ? "access.yaml:12" : "policy.yaml:3");
    decision.setPolicy(DIGEST);
    decision.setCode(code);
    decision.setMessage(code == null ? null : "so it is\u009b2J");
    return decision;
  }

  @Test
  void eachPolicySaysWhatItWouldDecideAndTheExitCodeWhichRefused() throws Exception {
    port.decisions.addAll(
        List.of(decision(PolicyFunction.RUN, null), decision(PolicyFunction.IMAGE, null)));
    assertEquals(0, workspace("policy", "explain", "sl6"), () -> last.err());
    assertTrue(last.out().contains("accepted by atlas-prod"), last.out());
    assertTrue(last.out().contains("access.yaml:12"), last.out());
    assertTrue(last.out().contains("accepted by signers: /CN=bob"), last.out());
    port.decisions.set(1, decision(PolicyFunction.IMAGE, "image.signer.untrusted"));
    assertEquals(5, workspace("policy", "explain", "sl6"));
    assertTrue(last.out().contains("refused by signers: /CN=bob"), last.out());
    assertTrue(last.out().contains("image.signer.untrusted"), last.out());
    assertTrue(last.out().indexOf(0x9b) < 0, last.out());
    port.decisions.set(0, decision(PolicyFunction.RUN, "quota.cpus"));
    assertEquals(6, workspace("policy", "explain", "sl6"));
    assertEquals(6, workspace("policy", "explain", "sl6", "-o", "json"));
    JsonNode json = new ObjectMapper().readTree(last.out());
    assertEquals("RUN", json.at("/0/function").asText());
    assertEquals("quota.cpus", json.at("/0/code").asText());
    assertEquals(DIGEST, json.at("/1/policy").asText());
  }

  @Test
  void everyPartOfTheQuestionTravels() {
    port.decisions.add(decision(PolicyFunction.RUN, null));
    assertEquals(
        0,
        workspace(
            "policy",
            "explain",
            "--cpus",
            "3",
            "--memory",
            "2G",
            "--scratch",
            "1G",
            "--lease",
            "90m",
            "--dn",
            "/CN=eve",
            "--fqan",
            "/atlas",
            "--fqan",
            "/atlas/Role=x"),
        () -> last.err());
    assertNull(port.explained.getImage());
    assertEquals(3, port.explained.getCpus());
    assertEquals(2L << 30, port.explained.getMemoryBytes());
    assertEquals(1L << 30, port.explained.getScratchBytes());
    assertEquals(5400, port.explained.getLeaseSeconds());
    assertEquals("/CN=eve", port.explained.getDn());
    assertEquals(List.of("/atlas", "/atlas/Role=x"), port.explained.getFqan());
    assertEquals(0, workspace("policy", "explain"));
    assertNull(port.explained.getLeaseSeconds());
    assertNull(port.explained.getDn());
    assertEquals(2, workspace("policy", "explain", "--memory", "much"));
  }

  @Test
  void aDryRunNamesTheRules() throws Exception {
    port.decisions.addAll(
        List.of(decision(PolicyFunction.RUN, null), decision(PolicyFunction.IMAGE, null)));
    assertEquals(0, workspace("deploy", "sl6", "--dry-run"), () -> last.err());
    assertTrue(last.out().contains("accepted by atlas-prod"), last.out());
    assertTrue(last.out().contains("policy.yaml:3"), last.out());
    assertEquals(0, workspace("deploy", "sl6", "--dry-run", "-o", "json"));
    JsonNode json = new ObjectMapper().readTree(last.out());
    assertEquals("REQUESTED", json.at("/state").asText());
    assertEquals("atlas-prod", json.at("/decisions/0/rule").asText());
    assertEquals("access.yaml:12", json.at("/decisions/0/source").asText());
    assertEquals(0, workspace("deploy", "sl6", "-o", "json"));
    assertTrue(new ObjectMapper().readTree(last.out()).at("/decisions").isMissingNode());
  }
}
