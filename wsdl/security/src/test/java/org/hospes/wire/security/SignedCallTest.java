package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.Describe;
import org.hospes.contract.workspace.Refused;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedCallTest {
  @TempDir Path directory;
  private WireSite site;
  private SecureServer server;
  private final EchoPort echo = new EchoPort();

  @BeforeEach
  void start() throws Exception {
    site = WireSite.create(directory);
    server =
        site.start(site.server().signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private WorkspacePort port(Credential credential) {
    return site.client(credential)
        .signed(
            WorkspacePort.class,
            EchoPort.SERVICE,
            EchoPort.WSDL,
            WireSite.uri(server, EchoPort.PATH),
            WireSite.LOCALHOST);
  }

  @Test
  void aUserCallsWithTheirOwnCertificate() throws Exception {
    Credential ada = site.pki().user("Ada");
    String answer = port(ada).listWorkspaces(EchoPort.ask("x")).getNextPageToken();
    assertEquals("/DC=org/DC=hospes/CN=Ada|x", answer);
    CallContext call = echo.calls.get(0);
    String message = new String(call.signedMessage(), StandardCharsets.UTF_8);
    assertTrue(message.contains(call.messageId().orElseThrow()));
    assertTrue(message.contains("#X509v3"), message);
    assertTrue(message.contains("rsa-sha256"), message);
    assertFalse(message.contains("rsa-sha1"), message);
  }

  @Test
  void aUserCallsWithAProxy() throws Exception {
    Credential proxy = site.pki().proxy(site.pki().user("Ada"), ProxyKind.FULL);
    assertEquals(
        "/DC=org/DC=hospes/CN=Ada|y",
        port(proxy).listWorkspaces(EchoPort.ask("y")).getNextPageToken());
    CallContext call = echo.calls.get(0);
    assertEquals(ProxyKind.FULL, call.caller().proxy());
    assertTrue(new String(call.signedMessage(), StandardCharsets.UTF_8).contains("#X509PKIPathv1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC-secp256r1", "EC-secp384r1", "RSA-4096"})
  void anyStrongKeySignsByItselfAndByAProxy(String key) throws Exception {
    Credential ada = site.pki().user("Ada", key, "SHA256withRSA");
    for (Credential each : List.of(ada, site.pki().proxyByAnyKey(ada))) {
      assertEquals(
          "/DC=org/DC=hospes/CN=Ada|z",
          port(each).listWorkspaces(EchoPort.ask("z")).getNextPageToken());
    }
    String message = new String(echo.calls.get(0).signedMessage(), StandardCharsets.UTF_8);
    assertEquals(key.startsWith("EC"), message.contains("#ecdsa-sha256"), message);
  }

  /** Both algorithms stand in one policy; callers of one must not change it under the other's. */
  @Test
  void callersWithDifferentKeysCallAtTheSameTime() throws Exception {
    WorkspacePort elliptic = port(site.pki().user("Ada", "EC-secp256r1", "SHA256withRSA"));
    WorkspacePort classic = port(site.pki().user("Bea"));
    ExecutorService both = Executors.newFixedThreadPool(2);
    try {
      List<Future<Integer>> done = new ArrayList<>();
      for (WorkspacePort port : List.of(elliptic, classic)) {
        done.add(
            both.submit(
                () -> {
                  int answers = 0;
                  for (; answers < 50; answers++) {
                    String unused = port.listWorkspaces(EchoPort.ask("n")).getNextPageToken();
                  }
                  return answers;
                }));
      }
      for (Future<Integer> each : done) {
        assertEquals(50, each.get(180, TimeUnit.SECONDS));
      }
    } finally {
      both.shutdownNow();
    }
  }

  @Test
  void oneClientCallsManyTimes() throws Exception {
    WorkspacePort port = port(site.pki().user("Ada"));
    for (int i = 0; i < 20; i++) {
      assertTrue(port.listWorkspaces(EchoPort.ask("n" + i)).getNextPageToken().endsWith("|n" + i));
    }
  }

  @Test
  void aRefusalArrivesTyped() {
    WorkspacePort port = port(site.pki().user("Ada"));
    Refused refused = assertThrows(Refused.class, () -> port.describe(describe("refuse")));
    RefusalException refusal = Refusals.of(refused).orElseThrow();
    assertEquals(FaultCategory.NOT_FOUND, refusal.category());
    assertEquals("workspace.unknown", refusal.code());
    assertEquals("look again", refusal.advice().orElseThrow());
    assertEquals("refuse", refusal.facts().get("id"));
    refused = assertThrows(Refused.class, () -> port.describe(describe("typed")));
    assertEquals(FaultCategory.CONFLICT, Refusals.of(refused).orElseThrow().category());
    assertTrue(site.refusedMessages().isEmpty());
  }

  @Test
  void aFailureTellsAReferenceAndNothingElse() {
    WorkspacePort port = port(site.pki().user("Ada"));
    Refused refused = assertThrows(Refused.class, () -> port.describe(describe("crash")));
    RefusalException refusal = Refusals.of(refused).orElseThrow();
    assertEquals(FaultCategory.SITE, refusal.category());
    assertEquals("site.internal", refusal.code());
    assertFalse(refusal.toString().contains("secret"));
    RefusedMessage heard = site.refusedMessages().get(0);
    assertEquals(refusal.reference().orElseThrow(), heard.reference());
    assertTrue(heard.reason().contains("the secret inside"));
  }

  @Test
  void aRenewedHostCertificateIsTakenUp() throws Exception {
    AtomicReference<Credential> papers = new AtomicReference<>(site.host());
    SecureServer renewing =
        site.start(
            site.server()
                .credential(papers::get)
                .signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
    URI address = WireSite.uri(renewing, EchoPort.PATH);
    SecureClient client = site.client(site.pki().user("Ada"));
    WorkspacePort open = port(client, address, WireSite.LOCALHOST);
    open.listWorkspaces(EchoPort.ask("old"));

    // The same name with another key, as when a certificate is renewed.
    papers.set(site.pki().host("localhost", "localhost", "127.0.0.1"));
    open.listWorkspaces(EchoPort.ask("still"));
    site.pki().revoke(site.host());
    site.paths().refresh();
    port(site.client(site.pki().user("Bob")), address, WireSite.LOCALHOST)
        .listWorkspaces(EchoPort.ask("new"));
    assertEquals(3, echo.calls.size());
  }

  private static WorkspacePort port(SecureClient client, URI address, ExpectedServer expected) {
    return client.signed(WorkspacePort.class, EchoPort.SERVICE, EchoPort.WSDL, address, expected);
  }

  private static Describe describe(String id) {
    Describe request = new Describe();
    request.setId(id);
    return request;
  }
}
