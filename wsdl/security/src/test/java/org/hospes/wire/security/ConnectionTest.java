package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
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

/** Whose connections come to stand, and for how long. */
class ConnectionTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);

  @TempDir Path directory;
  private WireSite site;
  private URI address;
  private final EchoPort echo = new EchoPort();

  @BeforeEach
  void start() throws Exception {
    site = WireSite.create(directory);
    SecureServer server =
        site.start(site.server().signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
    address = WireSite.uri(server, EchoPort.PATH);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private WorkspacePort port(SecureClient client) {
    return client.signed(
        WorkspacePort.class, EchoPort.SERVICE, EchoPort.WSDL, address, WireSite.LOCALHOST);
  }

  /** A client that does not look at its own papers first. */
  private HttpClient careless(Credential credential) {
    return new SecureClient(
            () -> credential, new TrustingPaths(site.paths()), ClientLimits.defaults())
        .bytes(WireSite.LOCALHOST);
  }

  private RefusalException ownPapers(Credential credential) {
    WorkspacePort port = port(site.client(credential));
    Exception thrown = assertThrows(Exception.class, () -> port.listWorkspaces(EchoPort.ask("x")));
    RefusalException refusal = Refusals.of(thrown).orElseThrow();
    assertEquals(FaultCategory.UNAUTHENTICATED, refusal.category());
    assertTrue(refusal.facts().get("subject").contains("CN="), refusal.facts().toString());
    assertTrue(refusal.advice().isPresent());
    assertTrue(site.failedHandshakes().isEmpty(), "nothing was sent");
    return refusal;
  }

  private FailedHandshake turnedAway(Credential credential) throws Exception {
    assertThrows(IOException.class, () -> Drafts.post(careless(credential), address, "x"));
    FailedHandshake failure = heard();
    assertEquals(1, site.failedHandshakes().size());
    assertTrue(echo.calls.isEmpty());
    return failure;
  }

  /** A server may speak of it after its peer has noticed. */
  private FailedHandshake heard() throws InterruptedException {
    long end = System.nanoTime() + PATIENT.toNanos();
    while (site.failedHandshakes().isEmpty()) {
      assertTrue(System.nanoTime() < end, "no failed handshake is told of");
      Thread.sleep(5);
    }
    return site.failedHandshakes().get(0);
  }

  @Test
  void expired() throws Exception {
    Credential credential = site.pki().expired("Ada");
    assertEquals("path.expired", ownPapers(credential).code());
    FailedHandshake failure = turnedAway(credential);
    assertEquals("path.expired", failure.code());
    assertTrue(failure.subject().orElseThrow().endsWith("CN=Ada"));
    assertTrue(failure.remoteAddress().startsWith("127.0.0.1:"), failure.remoteAddress());
  }

  @Test
  void unknownAuthority() throws Exception {
    Credential credential = site.pki().otherCa().user("Eve");
    assertEquals("path.ca.unknown", ownPapers(credential).code());
    FailedHandshake failure = turnedAway(credential);
    assertEquals("path.ca.unknown", failure.code());
    assertFalse(failure.problems().isEmpty());
  }

  @Test
  void revoked() throws Exception {
    Credential credential = site.pki().user("Ada");
    site.pki().revoke(credential);
    site.paths().refresh();
    assertEquals("path.revoked", ownPapers(credential).code());
    assertEquals("path.revoked", turnedAway(credential).code());
  }

  @Test
  void aProxyOfARevokedCertificate() throws Exception {
    Credential user = site.pki().user("Ada");
    Credential proxy = site.pki().proxy(user, ProxyKind.FULL);
    site.pki().revoke(user);
    site.paths().refresh();
    assertEquals("path.revoked", ownPapers(proxy).code());
    assertEquals("path.revoked", turnedAway(proxy).code());
  }

  @Test
  void withoutRevocationList() throws Exception {
    Credential credential = site.pki().user("Ada");
    site.pki().dropCrl();
    site.paths().refresh();
    assertEquals("path.crl.missing", ownPapers(credential).code());
  }

  @Test
  void noCertificate() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {trusting()}, null);
    HttpClient http = HttpClient.newBuilder().sslContext(context).build();
    assertThrows(IOException.class, () -> Drafts.post(http, address, "x"));
    assertEquals("tls.no-certificate", heard().code());
  }

  @Test
  void revokedOnAnOpenConnection() throws Exception {
    Credential ada = site.pki().user("Ada");
    // A validator of its own, so that the client does not learn of it first.
    try (CertificateDirectory before = site.pki().validator();
        SecureClient client = new SecureClient(() -> ada, before, ClientLimits.defaults())) {
      WorkspacePort port = port(client);
      HttpClient http = client.bytes(WireSite.LOCALHOST);
      port.listWorkspaces(EchoPort.ask("before"));
      assertEquals(200, Drafts.post(http, address, Drafts.signed(client, address)).status());
      site.pki().revoke(ada);
      assertTrue(site.paths().refresh());
      String message = Drafts.signed(client, address);
      assertThrows(Exception.class, () -> Drafts.post(http, address, message));
      assertThrows(Exception.class, () -> port.listWorkspaces(EchoPort.ask("after")));
      assertEquals(2, echo.calls.size());
    }
  }

  @Test
  void aChangeOfListsLeavesGoodConnectionsOpen() throws Exception {
    SecureClient client = site.client(site.pki().user("Ada"));
    try (SSLSocket socket = connect(client.sslContext(WireSite.LOCALHOST))) {
      site.pki().revoke(site.pki().user("Bob"));
      assertTrue(site.paths().refresh());
      Thread.sleep(200);
      assertTrue(request(socket).startsWith("HTTP/1.1 405"), "still served");
    }
  }

  @Test
  void anIdleConnectionIsClosedWhenItsChainFalls() throws Exception {
    Credential ada = site.pki().user("Ada");
    SecureClient client = site.client(ada);
    try (SSLSocket socket = connect(client.sslContext(WireSite.LOCALHOST))) {
      assertTrue(request(socket).startsWith("HTTP/1.1 405"));
      site.pki().revoke(ada);
      assertTrue(site.paths().refresh());
      assertEquals(-1, readQuietly(socket.getInputStream()));
    }
  }

  @Test
  void aHandshakeThatTricklesInIsCutOffAndNothingElse() throws Exception {
    ServerLimits limits =
        new ServerLimits(
            1 << 20,
            64,
            1000,
            10,
            8,
            Duration.ofSeconds(60),
            // A whole handshake must not take so long on the busiest machine.
            Duration.ofSeconds(6),
            256,
            Duration.ofMinutes(5),
            Duration.ofSeconds(60));
    SecureServer hasty =
        site.start(
            site.server()
                .limits(limits)
                .signed(EchoPort.PATH, echo, WorkspacePort.class, EchoPort.WSDL));
    SSLContext context = site.client(site.pki().user("Ada")).sslContext(WireSite.LOCALHOST);
    try (Socket socket = new Socket("127.0.0.1", hasty.port());
        SSLSocket whole =
            (SSLSocket) context.getSocketFactory().createSocket("localhost", hasty.port())) {
      socket.setSoTimeout((int) PATIENT.toMillis());
      socket.getOutputStream().write(0x16);
      whole.startHandshake();
      assertEquals(-1, readQuietly(socket.getInputStream()));
      Thread.sleep(700);
      assertTrue(request(whole).startsWith("HTTP/1.1 405"), "a whole handshake stays");
    }
    FailedHandshake failure = heard();
    assertEquals(1, site.failedHandshakes().size(), site.failedHandshakes().toString());
    assertEquals("tls.handshake", failure.code());
    assertTrue(failure.reason().contains("took longer than PT6S"), failure.reason());
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void nothingIsResumed(String protocol) throws Exception {
    Credential ada = site.pki().user("Ada");
    AtomicInteger shown = new AtomicInteger();
    CredentialKeys keys =
        new CredentialKeys(() -> ada) {
          @Override
          public PrivateKey getPrivateKey(String alias) {
            shown.incrementAndGet();
            return super.getPrivateKey(alias);
          }
        };
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {keys}, new TrustManager[] {trusting()}, null);
    for (int i = 1; i <= 5; i++) {
      try (SSLSocket socket = connect(context, protocol)) {
        assertTrue(request(socket).startsWith("HTTP/1.1 405"));
        assertEquals(protocol, socket.getSession().getProtocol());
      }
      assertEquals(i, shown.get(), "each connection proves the key again");
    }
    site.pki().revoke(ada);
    site.paths().refresh();
    try (SSLSocket socket = connect(context, protocol)) {
      assertFalse(requestQuietly(socket).startsWith("HTTP/1.1"));
    } catch (IOException e) {
      // Refused in the handshake, as it should be.
    }
    assertEquals("path.revoked", heard().code());
  }

  private SSLSocket connect(SSLContext context, String... protocols) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("localhost", address.getPort());
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    socket.setSoTimeout((int) PATIENT.toMillis());
    socket.startHandshake();
    return socket;
  }

  private static String request(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write(
            "GET /workspace HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
    byte[] answer = new byte[4096];
    int length = socket.getInputStream().read(answer);
    return length < 0 ? "" : new String(answer, 0, length, StandardCharsets.US_ASCII);
  }

  private static String requestQuietly(Socket socket) {
    try {
      return request(socket);
    } catch (IOException e) {
      return "";
    }
  }

  private static int readQuietly(InputStream in) throws IOException {
    try {
      return in.read();
    } catch (java.net.SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      return -1;
    }
  }

  private ChainTrust trusting() {
    return new ChainTrust(
        new ProvenPaths(site.paths(), CallerSource.namesOnly(), java.time.Clock.systemUTC()),
        ChainTrust.Side.SERVERS,
        (X509Certificate[] chain) -> {});
  }
}
