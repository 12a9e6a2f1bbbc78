package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who begins a handshake and hangs up is heard of once; who sends nothing is not. */
@Timeout(180)
class HangUpTest {
  @TempDir Path directory;
  private WireSite site;
  private SimpleMeterRegistry metrics;
  private SecureServer server;

  @BeforeEach
  void start() throws Exception {
    site = WireSite.create(directory);
    metrics = new SimpleMeterRegistry();
    server = serve(ServerLimits.defaults());
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  private SecureServer serve(ServerLimits limits) throws Exception {
    return site.start(
        site.server()
            .limits(limits)
            .metrics(metrics)
            .signed(EchoPort.PATH, new EchoPort(), WorkspacePort.class, EchoPort.WSDL));
  }

  private enum Moment {
    FIRST_BYTE,
    HALF_A_HELLO,
    AFTER_THE_HELLO,
    AFTER_THE_ANSWER
  }

  /** Says so much and hangs up; answers with the address it had. */
  private static String hangUp(int port, Moment moment, boolean abruptly) throws Exception {
    byte[] hello = hello();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoLinger(abruptly, 0);
      int said =
          switch (moment) {
            case FIRST_BYTE -> 1;
            case HALF_A_HELLO -> hello.length / 2;
            default -> hello.length;
          };
      socket.getOutputStream().write(Arrays.copyOf(hello, said));
      if (moment == Moment.AFTER_THE_ANSWER) {
        assertEquals(0x16, socket.getInputStream().read(), "a handshake record");
      }
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }

  private static byte[] hello() throws Exception {
    SSLEngine client = SSLContext.getDefault().createSSLEngine("localhost", 1);
    client.setUseClientMode(true);
    ByteBuffer record = ByteBuffer.allocate(client.getSession().getPacketBufferSize());
    client.wrap(ByteBuffer.allocate(0), record);
    return Arrays.copyOf(record.array(), record.position());
  }

  @RepeatedTest(3)
  void aHandshakeThatThePeerLeavesIsHeardOfOnce() throws Exception {
    for (Moment moment : Moment.values()) {
      for (boolean abruptly : new boolean[] {false, true}) {
        site.failedHandshakes().clear();
        String who = hangUp(server.port(), moment, abruptly);
        until(() -> !site.failedHandshakes().isEmpty() && open() == 0);
        String how = moment + (abruptly ? ", abruptly: " : ": ") + site.failedHandshakes();
        assertEquals(1, site.failedHandshakes().size(), how);
        FailedHandshake failure = site.failedHandshakes().get(0);
        assertEquals(who, failure.remoteAddress(), how);
        assertEquals("tls.handshake", failure.code(), how);
        assertTrue(failure.reason().startsWith("the peer hung up"), how);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aConnectionOnWhichNothingWasSentIsNoHandshake(boolean abruptly) throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Socket probe = new Socket("127.0.0.1", server.port())) {
        probe.setSoLinger(abruptly, 0);
        until(() -> open() == 1);
      }
      until(() -> open() == 0);
    }
    assertEquals(List.of(), site.failedHandshakes());
    assertEquals(List.of(), List.copyOf(metrics.find(FAILED).counters()));
  }

  @Test
  void aConnectionOnWhichNothingIsSentIsCutOffWithoutAWord() throws Exception {
    metrics = new SimpleMeterRegistry();
    SecureServer hasty = serve(hasty());
    try (Socket probe = new Socket("127.0.0.1", hasty.port())) {
      probe.setSoTimeout(60_000);
      assertEquals(-1, probe.getInputStream().read());
    }
    until(() -> open() == 0);
    assertEquals(List.of(), site.failedHandshakes());
  }

  @Test
  void aServerThatStopsDoesNotBlameThePeer() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.getOutputStream().write(hello());
      assertEquals(0x16, socket.getInputStream().read());
      server.close();
      assertEquals(1, site.failedHandshakes().size(), site.failedHandshakes().toString());
      assertTrue(site.failedHandshakes().get(0).reason().startsWith("this server stopped"));
    }
  }

  private static final String FAILED = "hospes.wire.handshakes.failed";

  private static ServerLimits hasty() {
    ServerLimits usual = ServerLimits.defaults();
    return new ServerLimits(
        usual.messageBytes(),
        usual.xmlDepth(),
        usual.xmlElements(),
        usual.connections(),
        usual.threads(),
        usual.idle(),
        Duration.ofMillis(300),
        usual.bytesPerSecond(),
        usual.messageLifetime(),
        usual.clockSkew());
  }

  private double open() {
    return metrics.get("hospes.wire.connections").gauge().value();
  }

  private static void until(BooleanSupplier is) throws Exception {
    while (!is.getAsBoolean()) {
      Thread.sleep(2);
    }
  }
}
