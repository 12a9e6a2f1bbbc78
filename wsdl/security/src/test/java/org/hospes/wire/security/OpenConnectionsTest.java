package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.EOFException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server underneath calls back in any order, and leaves calls out. */
class OpenConnectionsTest {
  private final List<FailedHandshake> told = new ArrayList<>();
  private final Timer timer = new Timer();
  private final OpenConnections connections =
      new OpenConnections(
          null,
          new RefusalDesk(
              new SecurityListener() {
                @Override
                public void handshakeFailed(FailedHandshake failure) {
                  told.add(failure);
                }

                @Override
                public void messageRefused(RefusedMessage refusal) {}
              },
              null,
              Clock.systemUTC()),
          Duration.ofSeconds(10),
          () -> timer,
          () -> false);
  private SSLEngine engine;
  private long received;
  private SslConnection connection;

  /** Goes off when it is told to. */
  private static final class Timer extends AbstractLifeCycle implements Scheduler {
    private Runnable task;

    @Override
    public Task schedule(Runnable later, long delay, TimeUnit units) {
      task = later;
      return () -> false;
    }
  }

  @BeforeEach
  void open() throws Exception {
    engine = SSLContext.getDefault().createSSLEngine();
    connection =
        new SslConnection(
            new ByteBufferPool.NonPooling(), Runnable::run, new ByteArrayEndPoint(), engine) {
          @Override
          public long getBytesIn() {
            return received;
          }
        };
    connections.onOpened(connection);
  }

  private void callBack(String letter) throws SSLException {
    switch (letter) {
      case "C" -> connections.onClosed(connection);
      case "F" ->
          connections.handshakes().handshakeFailed(event(), new SSLHandshakeException("bad"));
      case "S" -> connections.handshakes().handshakeSucceeded(event());
      default -> timer.task.run();
    }
  }

  @SuppressWarnings("removal") // the only constructor there is for others
  private SslHandshakeListener.Event event() {
    return new SslHandshakeListener.Event(engine);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "C", "CF", "CT", "CFT", "CTF", "FC", "FCT", "FTC", "TC", "TCF", "TFC", "FFC", "CC", "TT"
      })
  void aHandshakeThatCameToNothingIsToldOnce(String order) throws Exception {
    received = 1;
    for (String letter : order.split("")) {
      callBack(letter);
      assertEquals(1, told.size(), order + " at " + letter);
    }
    String reason = told.get(0).reason();
    switch (order.charAt(0)) {
      case 'C' -> assertEquals(0, reason.indexOf("the peer hung up"), reason);
      case 'F' -> assertEquals("bad", reason);
      default -> assertEquals("the handshake took longer than PT10S", reason);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", "CF", "FC", "TC", "TCF"})
  void whereNothingWasSentNothingIsTold(String order) throws Exception {
    for (String letter : order.split("")) {
      callBack(letter);
    }
    assertEquals(List.of(), told);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SC", "STC", "SCF"})
  void aHandshakeThatWasDoneIsNotTold(String order) throws Exception {
    received = 1;
    for (String letter : order.split("")) {
      callBack(letter);
    }
    assertEquals(List.of(), told);
    assertEquals(0, connections.count());
  }

  @Test
  void hangingUpIsToldAlikeWhereverItIsMet() {
    received = 1;
    Exception met = new SSLHandshakeException("Broken pipe");
    met.initCause(new EOFException("Broken pipe"));
    connections.handshakes().handshakeFailed(event(), met);
    assertEquals("tls.handshake", told.get(0).code());
    assertEquals(
        "the peer hung up, or fell silent, in the middle of the handshake: Broken pipe",
        told.get(0).reason());
  }
}
