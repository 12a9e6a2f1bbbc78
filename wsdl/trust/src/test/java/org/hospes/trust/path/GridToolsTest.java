package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.caller.CallerReader;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.PemCredentials;
import org.hospes.trust.testpki.TestPki;
import org.hospes.trust.testpki.TestVoms;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Proxies as Globus's and VOMS's own programs make them. */
class GridToolsTest {
  @TempDir Path dir;
  private TestPki pki;
  private Credential ada;
  private CertificateDirectory paths;

  @BeforeEach
  void openSite() {
    pki = TestPki.create(dir);
    ada = pki.user("Ada Physicist");
    pki.writeCertificate(ada, "usercert.pem");
    pki.writeKey(ada, "userkey.pem");
    paths = pki.validator();
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @ParameterizedTest
  @CsvSource({"'-rfc',FULL", "'-rfc -limited',LIMITED", "'-rfc -independent',INDEPENDENT"})
  void takesTheProxiesOfGridProxyInit(String options, ProxyKind kind) throws Exception {
    Credential proxy = gridProxyInit(options);
    ValidatedPath path = paths.validate(proxy.chain());
    assertEquals(kind, path.proxy());
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", path.endEntity().slash());
  }

  @Test
  void refusesALegacyProxyOfGridProxyInit() throws Exception {
    Credential proxy = gridProxyInit("-old");
    UntrustedPathException e =
        assertThrows(UntrustedPathException.class, () -> paths.validate(proxy.chain()));
    assertEquals("path.proxy", e.code());
  }

  @Test
  void readsTheAttributesOfVomsProxyFake() throws Exception {
    TestVoms voms = new TestVoms(pki, "voms.example.org");
    Path vomsDirectory = dir.resolve("vomsdir");
    voms.writeLsc(vomsDirectory, "demo");
    Path hostCertificate = pki.writeCertificate(voms.credential(), "vomscert.pem");
    Path hostKey = pki.writeKey(voms.credential(), "vomskey.pem");
    Credential proxy =
        make(
            "voms-proxy-fake",
            List.of(
                "-rfc",
                "-hostcert",
                hostCertificate.toString(),
                "-hostkey",
                hostKey.toString(),
                "-voms",
                "demo",
                "-uri",
                "voms.example.org:15000",
                "-fqan",
                "/demo/Role=NULL/Capability=NULL",
                "-fqan",
                "/demo/production/Role=admin/Capability=NULL",
                "-certdir",
                pki.caDirectory().toString(),
                "-bits",
                "2048"));
    CallerReader callers = new CallerReader(paths, Optional.of(vomsDirectory), Clock.systemUTC());
    Caller caller = callers.read(paths.validate(proxy.chain()));
    assertEquals(List.of("/demo", "/demo/production/Role=admin"), caller.fqans());
    assertEquals(Optional.of("demo"), caller.virtualOrganisation());
    assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", caller.dn().slash());
  }

  private Credential gridProxyInit(String options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("-q", "-bits", "2048"));
    arguments.addAll(Arrays.asList(options.split(" ")));
    return make("grid-proxy-init", arguments);
  }

  private Credential make(String program, List<String> arguments) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin", program)),
        program + " is not installed (globus-proxy-utils, voms-clients)");
    Path out = dir.resolve("made-proxy.pem");
    List<String> command = new ArrayList<>(List.of("/usr/bin/" + program));
    command.addAll(arguments);
    command.addAll(
        List.of(
            "-cert", dir.resolve("usercert.pem").toString(),
            "-key", dir.resolve("userkey.pem").toString(),
            "-out", out.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("X509_CERT_DIR", pki.caDirectory().toString());
    builder.environment().remove("X509_USER_PROXY");
    builder.environment().put("HOME", dir.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), said);
    return PemCredentials.loadProxy(out);
  }
}
