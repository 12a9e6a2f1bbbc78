package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSocket;
import javax.xml.namespace.QName;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.DeleteSnapshotResponse;
import org.hospes.contract.node.Expect;
import org.hospes.contract.node.ExpectResponse;
import org.hospes.contract.node.FlattenResponse;
import org.hospes.contract.node.HandOverResponse;
import org.hospes.contract.node.HandOverWish;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.InspectResponse;
import org.hospes.contract.node.NodePort;
import org.hospes.contract.node.OfferResponse;
import org.hospes.contract.node.Pause;
import org.hospes.contract.node.PauseResponse;
import org.hospes.contract.node.Prepare;
import org.hospes.contract.node.PrepareResponse;
import org.hospes.contract.node.ReadConsole;
import org.hospes.contract.node.ReadConsoleResponse;
import org.hospes.contract.node.Receive;
import org.hospes.contract.node.ReceiveResponse;
import org.hospes.contract.node.Refused;
import org.hospes.contract.node.Remove;
import org.hospes.contract.node.RemoveResponse;
import org.hospes.contract.node.RollbackResponse;
import org.hospes.contract.node.SnapshotOrder;
import org.hospes.contract.node.SnapshotResponse;
import org.hospes.contract.node.Start;
import org.hospes.contract.node.StartResponse;
import org.hospes.contract.node.Stop;
import org.hospes.contract.node.StopResponse;
import org.hospes.contract.node.Suspend;
import org.hospes.contract.node.SuspendResponse;
import org.hospes.contract.node.TakeBack;
import org.hospes.contract.node.TakeBackResponse;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Ports and bytes behind mutual TLS alone, and who may reach them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MutualPortTest {
  private static final QName SERVICE = new QName("urn:hospes:node:1:wsdl", "NodeService");

  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final CountDownLatch cutOff = new CountDownLatch(1);
  private WireSite site;
  private SecureServer server;
  private SecureClient service;
  private SecureClient other;

  /** An agent that knows no guest. */
  private static final class EmptyNode implements NodePort {
    @Override
    public InspectResponse inspect(Inspect request) {
      throw RefusalException.of(
              FaultCategory.NOT_FOUND,
              "guest.unknown",
              "no guest for " + CallContext.current().caller().dn())
          .fact("tls", CallContext.current().tlsPeer().endEntity());
    }

    @Override
    public StartResponse start(Start request) {
      try {
        Thread.sleep(3000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return new StartResponse();
    }

    @Override
    public PauseResponse pause(Pause request) {
      throw new UnsupportedOperationException("pause");
    }

    @Override
    public SnapshotResponse snapshot(SnapshotOrder request) {
      throw new UnsupportedOperationException("snapshot");
    }

    @Override
    public RollbackResponse rollback(SnapshotOrder request) {
      throw new UnsupportedOperationException("rollback");
    }

    @Override
    public FlattenResponse flatten(SnapshotOrder request) {
      throw new UnsupportedOperationException("flatten");
    }

    @Override
    public DeleteSnapshotResponse deleteSnapshot(SnapshotOrder request) {
      throw new UnsupportedOperationException("deleteSnapshot");
    }

    @Override
    public OfferResponse offer(HandOverWish request) {
      throw new UnsupportedOperationException("offer");
    }

    @Override
    public ExpectResponse expect(Expect request) {
      throw new UnsupportedOperationException("expect");
    }

    @Override
    public SuspendResponse suspend(Suspend request) {
      throw new UnsupportedOperationException("suspend");
    }

    @Override
    public StopResponse stop(Stop request) {
      throw new UnsupportedOperationException("stop");
    }

    @Override
    public HandOverResponse handOver(HandOverWish request) {
      throw new UnsupportedOperationException("handOver");
    }

    @Override
    public TakeBackResponse takeBack(TakeBack request) {
      throw new UnsupportedOperationException("takeBack");
    }

    @Override
    public ReceiveResponse receive(Receive request) {
      throw new UnsupportedOperationException("receive");
    }

    @Override
    public RemoveResponse remove(Remove request) {
      throw new UnsupportedOperationException("remove");
    }

    @Override
    public PrepareResponse prepare(Prepare request) {
      throw new UnsupportedOperationException("prepare");
    }

    @Override
    public ReadConsoleResponse readConsole(ReadConsole request) {
      throw new UnsupportedOperationException("readConsole");
    }
  }

  private final class Bytes extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      switch (request.getPathInfo()) {
        case "/me" ->
            response.getOutputStream().print(CallContext.of(request).caller().dn().slash());
        case "/none" ->
            throw RefusalException.of(FaultCategory.NOT_FOUND, "image.unknown", "no such image")
                .fact("digest", "none");
        case "/endless" -> {
          try {
            while (true) {
              response.getOutputStream().write(new byte[64 * 1024]);
            }
          } finally {
            cutOff.countDown();
          }
        }
        default -> throw new IllegalStateException("the secret inside");
      }
    }

    @Override
    protected void doPut(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getOutputStream().print(request.getInputStream().readAllBytes().length);
    }
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    site = WireSite.create(directory);
    DistinguishedName allowed = new DistinguishedName("/DC=org/DC=hospes/CN=service");
    server =
        site.start(
            site.server()
                .metrics(metrics)
                .limits(ServerLimits.defaults().withIdle(Duration.ofSeconds(12)))
                .mutual("/node", new EmptyNode(), NodePort.class, "wsdl/node.wsdl")
                .bytes("/images/*", new Bytes())
                .bytes("/open/*", new Bytes())
                .peers("/node", allowed::equals)
                .peers("/images/*", allowed::equals));
    service = site.client(site.pki().host("service"));
    other = site.client(site.pki().host("other"));
  }

  @AfterAll
  void stop() throws Exception {
    site.close();
  }

  private NodePort port(SecureClient client) {
    return client.mutual(
        NodePort.class,
        SERVICE,
        "wsdl/node.wsdl",
        WireSite.uri(server, "/node"),
        WireSite.LOCALHOST);
  }

  private static Inspect inspect() {
    Inspect request = new Inspect();
    request.setId("00000000-0000-0000-0000-000000000000");
    return request;
  }

  private HttpResponse<byte[]> get(SecureClient client, String path) throws Exception {
    URI uri = WireSite.uri(server, path);
    return client
        .bytes(WireSite.LOCALHOST)
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  @Test
  void theServiceMayCallTheNode() {
    NodePort port = port(service);
    RefusalException refusal =
        Refusals.of(assertThrows(Refused.class, () -> port.inspect(inspect()))).orElseThrow();
    assertEquals("guest.unknown", refusal.code());
    assertTrue(refusal.getMessage().endsWith("CN=service"));
    assertEquals("/DC=org/DC=hospes/CN=service", refusal.facts().get("tls"));
  }

  @Test
  void aCallMayTakeItsTime() throws Exception {
    Start request = new Start();
    request.setId(inspect().getId());
    assertTrue(port(service).start(request) != null);
  }

  @Test
  void nobodyElseMay() {
    NodePort port = port(other);
    RefusalException refusal =
        Refusals.of(assertThrows(Refused.class, () -> port.inspect(inspect()))).orElseThrow();
    assertEquals(FaultCategory.NOT_ALLOWED, refusal.category());
    assertEquals("peer.not-allowed", refusal.code());
    assertTrue(refusal.reference().isPresent());
    RefusedMessage heard = site.refusedMessages().get(site.refusedMessages().size() - 1);
    assertEquals("/DC=org/DC=hospes/CN=other", heard.dn().orElseThrow());
  }

  @Test
  void bytesKnowTheirCaller() throws Exception {
    HttpResponse<byte[]> answer = get(service, "/images/me");
    assertEquals(200, answer.statusCode());
    assertEquals("/DC=org/DC=hospes/CN=service", new String(answer.body(), StandardCharsets.UTF_8));
    assertEquals(200, get(other, "/open/me").statusCode());
  }

  @Test
  void bytesRefuseWithReasons() throws Exception {
    HttpResponse<byte[]> answer = get(service, "/images/none");
    assertEquals(404, answer.statusCode());
    RefusalException refusal = Refusals.fromHttp(answer.statusCode(), answer.body());
    assertEquals("image.unknown", refusal.code());
    assertEquals("none", refusal.facts().get("digest"));

    answer = get(other, "/images/me");
    assertEquals(403, answer.statusCode());
    assertEquals("peer.not-allowed", Refusals.fromHttp(answer.statusCode(), answer.body()).code());

    answer = get(service, "/images/crash");
    assertEquals(500, answer.statusCode());
    refusal = Refusals.fromHttp(answer.statusCode(), answer.body());
    assertEquals("site.internal", refusal.code());
    assertTrue(!new String(answer.body(), StandardCharsets.UTF_8).contains("secret"));
  }

  @Test
  void onlyThePathItselfLeadsToAPort() throws Exception {
    String message =
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>"
            + "<inspect xmlns=\"urn:hospes:node:1\"><id>00000000-0000-0000-0000-000000000000</id>"
            + "</inspect></s:Body></s:Envelope>";
    for (SecureClient client : new SecureClient[] {other, service}) {
      for (String path :
          new String[] {
            "/node/x", "/node/", "/node/inspect", "//node", "/node/x?wsdl", "/nodes", "/", "/x/node"
          }) {
        Drafts.Answer answer =
            Drafts.post(client.bytes(WireSite.LOCALHOST), WireSite.uri(server, path), message);
        assertTrue(answer.status() == 404 || answer.status() == 400, path + " " + answer);
      }
    }
    for (String path : new String[] {"/node", "/node;x=1", "/%6eode"}) {
      Drafts.Answer answer =
          Drafts.post(other.bytes(WireSite.LOCALHOST), WireSite.uri(server, path), message);
      assertEquals("peer.not-allowed", answer.code(), path);
      answer = Drafts.post(service.bytes(WireSite.LOCALHOST), WireSite.uri(server, path), message);
      assertEquals("guest.unknown", answer.code(), path);
    }
    assertEquals(405, get(other, "/node?wsdl").statusCode());
  }

  @Test
  void strangersDoNotNameMetrics() throws Exception {
    for (int i = 0; i < 5; i++) {
      get(other, "/images/" + i);
      get(service, "/images/none");
      get(other, "/nowhere/" + i);
    }
    Set<String> paths =
        metrics.getMeters().stream()
            .map(meter -> meter.getId().getTag("path"))
            .filter(path -> path != null)
            .collect(Collectors.toSet());
    assertTrue(
        Set.of("/node", "/images/*", "/open/*", "elsewhere").containsAll(paths), paths.toString());
  }

  @Test
  void peersOfNothing() {
    SecureServerSetup setup =
        site.server().bytes("/images/*", new Bytes()).peers("/image/*", name -> true);
    assertThrows(IllegalStateException.class, setup::start);
  }

  @Test
  void pathTricksDoNotPassTheGate() throws Exception {
    for (String path :
        new String[] {
          "/open/..;/images/me",
          "/open/%2e%2e/images/me",
          "//images/me",
          "/images;x=1/me",
          "/%69mages/me",
          "/images/./me"
        }) {
      HttpResponse<byte[]> answer = get(other, path);
      assertTrue(answer.statusCode() >= 400, path + " " + answer.statusCode());
    }
  }

  @Test
  void uploadsArrive() throws Exception {
    URI uri = WireSite.uri(server, "/images/up");
    HttpResponse<String> answer =
        service
            .bytes(WireSite.LOCALHOST)
            .send(
                HttpRequest.newBuilder(uri)
                    .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[3_000_000]))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals("3000000", answer.body());
  }

  /** The raw connection of one who may call. */
  private SSLSocket socket(int port) throws Exception {
    SSLSocket socket =
        (SSLSocket)
            service
                .sslContext(WireSite.LOCALHOST)
                .getSocketFactory()
                .createSocket("localhost", port);
    socket.setSoTimeout(60_000);
    return socket;
  }

  @Test
  void aReaderThatStallsIsCutOff() throws Exception {
    try (SSLSocket socket = socket(server.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /images/endless HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertTrue(cutOff.await(60, TimeUnit.SECONDS), "the servlet's thread is free again");
    }
  }

  @Test
  void aSenderThatStallsIsCutOff() throws Exception {
    try (SSLSocket socket = socket(server.port())) {
      socket
          .getOutputStream()
          .write(
              "PUT /images/up HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx"
                  .getBytes(StandardCharsets.US_ASCII));
      try {
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(!answer.startsWith("HTTP/1.1 200"), answer);
      } catch (java.net.SocketTimeoutException e) {
        throw new AssertionError("not cut off", e);
      } catch (IOException e) {
        // Cut off without an answer.
      }
    }
  }

  @Test
  void whatIsRefusedIsCounted() throws Exception {
    get(other, "/images/me");
    assertTrue(
        metrics.get("hospes.wire.refusals").tag("code", "peer.not-allowed").counter().count() > 0);
  }

  @Test
  void aSettingIsMissing() {
    Credential host = site.host();
    assertThrows(
        IllegalStateException.class,
        () ->
            SecureServer.at(new java.net.InetSocketAddress("127.0.0.1", 0))
                .credential(() -> host)
                .start());
  }
}
