package org.hospes.wire.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.hospes.contract.common.FaultCategory;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that become raw bytes both ways, over real sockets. */
@Timeout(180)
class UpgradeTest {
  private static final String PROTOCOL = "test-bytes";
  private static final Duration STALL = Duration.ofSeconds(60);

  @TempDir Path directory;
  private WireSite site;
  private SecureServer server;
  private Credential adasPapers;
  private SecureClient ada;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final BlockingQueue<RawConnection> opened = new ArrayBlockingQueue<>(8);

  private final AtomicInteger abandoned = new AtomicInteger();

  private final Upgrades.Taker taker =
      new Upgrades.Taker() {
        @Override
        public void opened(RawConnection connection) {
          opened.add(connection);
        }

        @Override
        public void abandoned() {
          abandoned.incrementAndGet();
        }
      };

  /**
   * Opens for everybody but those who ask for {@code /bytes/closed}; at {@code /bytes/hasty}
   * readers must be quick.
   */
  private final class Opener extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) {
      Upgrades.require(request, PROTOCOL);
      if (request.getPathInfo().equals("/cut")) {
        // The server closes this very connection, as it does when its peer has reset it.
        site.pki().revoke(adasPapers);
        site.paths().refresh();
        EndPoint tls =
            ServletContextRequest.getServletContextRequest(request)
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint();
        // Its end point is said to be closed before the socket is, and may be written to meanwhile.
        SocketChannel cut =
            (SocketChannel)
                ((SslConnection.SslEndPoint) tls).getSslConnection().getEndPoint().getTransport();
        while (cut.isOpen()) {
          Thread.onSpinWait();
        }
      }
      if (request.getPathInfo().equals("/closed")) {
        throw RefusalException.of(FaultCategory.CONFLICT, "test.closed", "closed to Ada")
            .fact("dn", CallContext.of(request).caller().dn());
      }
      Duration stall = request.getPathInfo().equals("/hasty") ? Duration.ofSeconds(2) : STALL;
      Upgrades.accept(request, response, PROTOCOL, stall, UpgradeTest.this.taker);
    }
  }

  @BeforeEach
  void start() throws Exception {
    site = WireSite.create(directory);
    server = serve(ServerLimits.defaults());
    adasPapers = site.pki().user("Ada");
    ada = site.client(adasPapers);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private SecureServer serve(ServerLimits limits) throws IOException {
    return site.start(
        site.server().limits(limits).metrics(metrics).bytes("/bytes/*", new Opener()));
  }

  private RawConnection open() throws IOException {
    return ada.upgrade(address("/bytes/open"), PROTOCOL, WireSite.LOCALHOST);
  }

  private URI address(String path) {
    return WireSite.uri(server, path);
  }

  private RawConnection taken() throws Exception {
    RawConnection taken = opened.poll(60, TimeUnit.SECONDS);
    assertTrue(taken != null, "never opened");
    return taken;
  }

  private static void say(RawConnection connection, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    connection.write(bytes, 0, bytes.length);
  }

  private static String hear(RawConnection connection, int length) throws IOException {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    byte[] piece = new byte[4096];
    while (heard.size() < length) {
      int n = connection.read(piece);
      assertTrue(n > 0, "ended after " + heard);
      heard.write(piece, 0, n);
    }
    return heard.toString(UTF_8);
  }

  @Test
  void bytesGoBothWaysAndTheServersIdleTimeIsNotTheirs() throws Exception {
    server = serve(ServerLimits.defaults().withIdle(Duration.ofSeconds(3)));
    RawConnection client = open();
    RawConnection service = taken();
    say(client, "ls\n");
    assertEquals("ls\n", hear(service, 3));
    // Longer than this server lets other connections be silent.
    CompletableFuture<String> heard =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return hear(client, 5);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    assertThrows(
        java.util.concurrent.TimeoutException.class, () -> heard.get(4500, TimeUnit.MILLISECONDS));
    say(service, "bin\r\n");
    assertEquals("bin\r\n", heard.get(60, TimeUnit.SECONDS));
    client.close();
    assertEquals(-1, service.read(new byte[8]));
    service.close();
  }

  @Test
  void muchGoesBothWaysAtOnceUnharmed() throws Exception {
    RawConnection client = open();
    RawConnection service = taken();
    byte[] much = new byte[8 << 20];
    new Random(7).nextBytes(much);
    CompletableFuture<byte[]> echoed =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return readAll(client, much.length);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    Thread echo =
        new Thread(
            () -> {
              byte[] piece = new byte[16 << 10];
              try {
                for (int n = service.read(piece); n > 0; n = service.read(piece)) {
                  service.write(piece, 0, n);
                }
              } catch (IOException e) {
                service.abort();
              }
            });
    echo.start();
    client.write(much, 0, much.length);
    assertArrayEquals(much, echoed.get(120, TimeUnit.SECONDS));
    client.close();
    echo.join();
  }

  private static byte[] readAll(RawConnection from, int length) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream(length);
    byte[] piece = new byte[16 << 10];
    while (all.size() < length) {
      int n = from.read(piece);
      if (n < 0) {
        break;
      }
      all.write(piece, 0, n);
    }
    return all.toByteArray();
  }

  @Test
  void theLastWordsArriveAlthoughTheOtherSideIsStillTalking() throws Exception {
    RawConnection client = open();
    RawConnection service = taken();
    say(client, "x".repeat(100_000));
    say(service, "goodbye");
    service.close();
    assertEquals("goodbye", hear(client, 7));
    assertEquals(-1, client.read(new byte[8]));
  }

  @Test
  void aConnectionThatWasCutIsNoEnd() throws Exception {
    RawConnection client = open();
    RawConnection service = taken();
    service.abort();
    assertEquals(
        "site.connection",
        Refusals.of(assertThrows(IOException.class, () -> client.read(new byte[8])))
            .orElseThrow()
            .code());

    RawConnection second = open();
    RawConnection other = taken();
    second.abort();
    ended(other);
    assertThrows(IOException.class, () -> say(other, "x".repeat(1 << 20)));
  }

  @Test
  void whoNeverReadsIsCutOff() throws Exception {
    RawConnection client = ada.upgrade(address("/bytes/hasty"), PROTOCOL, WireSite.LOCALHOST);
    RawConnection service = taken();
    byte[] piece = new byte[1 << 20];
    IOException thrown =
        assertThrows(
            IOException.class,
            () -> {
              for (int i = 0; i < 64; i++) {
                service.write(piece, 0, piece.length);
              }
            });
    assertEquals("the other side did not read for 2 s", thrown.getMessage());
    client.abort();
    while (metrics.get("hospes.wire.connections").gauge().value() > 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void whatIsCutBeforeTheAnswerLeavesNothingBehind() throws Exception {
    assertThrows(
        IOException.class, () -> ada.upgrade(address("/bytes/cut"), PROTOCOL, WireSite.LOCALHOST));
    while (abandoned.get() == 0) {
      Thread.onSpinWait();
    }
    assertEquals(0, opened.size());
  }

  @Test
  void aRefusalIsReadAsEverywhere() {
    RefusalException refusal =
        assertThrows(
            RefusalException.class,
            () -> ada.upgrade(address("/bytes/closed"), PROTOCOL, WireSite.LOCALHOST));
    assertEquals("test.closed", refusal.code());
    assertEquals("/DC=org/DC=hospes/CN=Ada", refusal.facts().get("dn"));
  }

  @Test
  void anotherProtocolAndAPlainRequestAreRefused() throws Exception {
    RefusalException other =
        assertThrows(
            RefusalException.class,
            () -> ada.upgrade(address("/bytes/open"), "websocket", WireSite.LOCALHOST));
    assertEquals("upgrade.required", other.code());
    assertEquals(
        400,
        ada.bytes(WireSite.LOCALHOST)
            .send(HttpRequest.newBuilder(address("/bytes/open")).build(), BodyHandlers.discarding())
            .statusCode());
    assertEquals(0, opened.size());
  }

  @Test
  void aStrangerGetsAnAlertAndAProxySpeaksForItsOwner() throws Exception {
    Credential mallory = site.pki().otherCa().user("Mallory");
    try (SecureClient stranger =
        new SecureClient(() -> mallory, new TrustingPaths(site.paths()), ClientLimits.defaults())) {
      IOException thrown =
          assertThrows(
              IOException.class,
              () -> stranger.upgrade(address("/bytes/open"), PROTOCOL, WireSite.LOCALHOST));
      assertEquals(
          FaultCategory.UNAUTHENTICATED, Refusals.of(thrown).orElseThrow().category(), "" + thrown);
    }
    SecureClient proxy = site.client(site.pki().proxy(site.pki().user("Ada"), ProxyKind.LIMITED));
    RefusalException refusal =
        assertThrows(
            RefusalException.class,
            () -> proxy.upgrade(address("/bytes/closed"), PROTOCOL, WireSite.LOCALHOST));
    assertEquals("/DC=org/DC=hospes/CN=Ada", refusal.facts().get("dn"));
    assertFalse(site.failedHandshakes().isEmpty());
  }

  @Test
  void aRevocationEndsWhatIsOpen() throws Exception {
    Credential bob = site.pki().user("Bob");
    RawConnection client =
        site.client(bob).upgrade(address("/bytes/open"), PROTOCOL, WireSite.LOCALHOST);
    RawConnection service = taken();
    site.pki().revoke(bob);
    site.paths().refresh();
    ended(service);
    client.abort();
  }

  private static void ended(RawConnection connection) {
    try {
      assertEquals(-1, connection.read(new byte[8]));
    } catch (IOException e) {
      assertTrue(e.getMessage().startsWith("the connection broke"), e.getMessage());
    }
  }
}
