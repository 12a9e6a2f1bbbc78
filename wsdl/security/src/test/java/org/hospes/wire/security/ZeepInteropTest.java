package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract is for everybody: the client that the documentation shows, without any Java, signs,
 * is answered, and checks.
 */
class ZeepInteropTest {
  private static final String PYTHON = "/usr/bin/python3";
  private static final Path CLIENT = Path.of("../../docs/examples/hospes_client.py");

  @TempDir Path directory;
  private final EchoPort echo = new EchoPort();
  private WireSite site;
  private SecureServer server;

  @BeforeEach
  void start() throws Exception {
    if (!Files.isExecutable(Path.of(PYTHON))
        || run(Map.of(), List.of(PYTHON, "-c", "import zeep, xmlsec")).exit() != 0) {
      System.err.println("SKIPPED: no interoperability check without python3-zeep, python3-xmlsec");
      Assumptions.abort("python3-zeep and python3-xmlsec are not installed");
    }
    site = WireSite.create(directory);
    server =
        site.start(site.server().signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
  }

  @AfterEach
  void stop() throws Exception {
    if (site != null) {
      site.close();
    }
  }

  @Test
  void aCertificateSignsAndTheAnswerIsChecked() throws Exception {
    Said said = ask(certificate(), "list", "--name", "zeep");
    assertEquals(0, said.exit(), said.text());
    assertTrue(said.text().contains("\"/DC=org/DC=hospes/CN=Ada|zeep\""), said.text());
    assertEquals(1, echo.calls.size());
  }

  @Test
  void soDoesAProxyWithItsWholeChain() throws Exception {
    Credential proxy = site.pki().proxy(site.pki().user("Ada"), ProxyKind.FULL);
    Said said =
        ask(
            Map.of("X509_USER_PROXY", site.pki().writeProxy(proxy, "ada.proxy").toString()),
            "list",
            "--name",
            "zeep");
    assertEquals(0, said.exit(), said.text());
    assertTrue(said.text().contains("\"/DC=org/DC=hospes/CN=Ada|zeep\""), said.text());
    assertEquals(ProxyKind.FULL, echo.calls.get(0).caller().proxy());
  }

  @Test
  void aRefusalIsCheckedAndToldByItsCode() throws Exception {
    Said said = ask(certificate(), "show", "refuse");
    assertEquals(1, said.exit(), said.text());
    assertTrue(said.text().startsWith("workspace.unknown: "), said.text());
  }

  private Map<String, String> certificate() {
    Credential ada = site.pki().user("Ada");
    return Map.of(
        "X509_USER_CERT", site.pki().writeCertificate(ada, "ada.pem").toString(),
        "X509_USER_KEY", site.pki().writeKey(ada, "ada.key").toString());
  }

  private Said ask(Map<String, String> papers, String... words) throws Exception {
    String address = WireSite.uri(server, "").toString();
    List<String> command =
        new ArrayList<>(List.of(PYTHON, CLIENT.toString(), "--service", address));
    command.addAll(List.of(words));
    Map<String, String> set = new HashMap<>(papers);
    set.put("X509_CERT_DIR", site.pki().caDirectory().toString());
    return run(set, command);
  }

  private record Said(int exit, String text) {}

  private static Said run(Map<String, String> set, List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("X509_"));
    builder.environment().putAll(set);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), said);
  }
}
