package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract is for everybody: a client without any Java signs, is answered, and checks. */
class ZeepInteropTest {
  private static final String PYTHON = "/usr/bin/python3";

  @TempDir Path directory;

  @Test
  void pythonCallsAndChecksTheAnswer() throws Exception {
    if (!run(List.of(PYTHON, "-c", "import zeep, xmlsec")).isEmpty()) {
      System.err.println("SKIPPED: no interoperability check without python3-zeep, python3-xmlsec");
      Assumptions.abort("python3-zeep and python3-xmlsec are not installed");
    }
    EchoPort echo = new EchoPort();
    try (WireSite site = WireSite.create(directory)) {
      SecureServer server =
          site.start(site.server().signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
      Credential ada = site.pki().user("Ada");
      String said =
          run(
              List.of(
                  PYTHON,
                  copied("zeep_call.py", "zeep_call.py").toString(),
                  contract().toString(),
                  WireSite.uri(server, EchoPort.PATH).toString(),
                  site.pki().writeCertificate(ada, "ada.pem").toString(),
                  site.pki().writeKey(ada, "ada.key").toString(),
                  site.pki().caDirectory().resolve(site.pki().hash() + ".0").toString(),
                  site.pki().writeCertificate(site.host(), "host.pem").toString()));
      assertEquals("/DC=org/DC=hospes/CN=Ada|zeep\nworkspace.unknown\n", said);
      assertEquals(2, echo.calls.size());
    }
  }

  /** The WSDL and its schemas, out of whatever jar they stand in. */
  private Path contract() throws Exception {
    for (String file : List.of("workspace.xsd", "common.xsd")) {
      copied("wsdl/" + file, file);
    }
    return copied("wsdl/workspace.wsdl", "workspace.wsdl");
  }

  private Path copied(String resource, String name) throws Exception {
    Path file = directory.resolve(name);
    try (InputStream in = getClass().getClassLoader().getResourceAsStream(resource)) {
      Files.copy(in, file);
    }
    return file;
  }

  private static String run(List<String> command) throws Exception {
    if (!Files.isExecutable(Path.of(command.get(0)))) {
      return "no such program";
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }
}
