package org.hospes.wire.security;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;
import org.eclipse.jetty.util.thread.Scheduler;
import org.hospes.trust.path.UntrustedPathException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every TLS connection: what became of its handshake, and whether its chain still holds when CAs or
 * CRLs changed.
 */
final class OpenConnections implements Connection.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(OpenConnections.class);

  private final ProvenPaths paths;
  private final RefusalDesk desk;
  private final Duration handshake;
  private final Supplier<Scheduler> scheduler;
  private final Set<SslConnection> open = ConcurrentHashMap.newKeySet();
  private final Set<SSLEngine> shaking = ConcurrentHashMap.newKeySet();

  OpenConnections(
      ProvenPaths paths, RefusalDesk desk, Duration handshake, Supplier<Scheduler> scheduler) {
    this.paths = paths;
    this.desk = desk;
    this.handshake = handshake;
    this.scheduler = scheduler;
  }

  int count() {
    return open.size();
  }

  @Override
  public void onOpened(Connection connection) {
    if (connection instanceof SslConnection ssl) {
      open.add(ssl);
      EndPoint wire = ssl.getEndPoint();
      SSLEngine engine = ssl.getSSLEngine();
      shaking.add(engine);
      // An idle timeout alone is reset by each byte that trickles in.
      scheduler
          .get()
          .schedule(
              () -> {
                if (shaking.remove(engine)) {
                  wire.close(new TimeoutException("the handshake took longer than " + handshake));
                }
              },
              handshake.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void onClosed(Connection connection) {
    if (connection instanceof SslConnection ssl) {
      open.remove(ssl);
      shaking.remove(ssl.getSSLEngine());
    }
  }

  /**
   * Closes every connection whose chain does not hold any more, in the middle of a transfer too.
   */
  void recheck() {
    for (SslConnection connection : open) {
      try {
        Certificate[] chain = connection.getSSLEngine().getSession().getPeerCertificates();
        paths.prove(List.of(Arrays.copyOf(chain, chain.length, X509Certificate[].class)));
      } catch (SSLPeerUnverifiedException e) {
        // Its handshake is not done; the chain will be judged there.
      } catch (UntrustedPathException e) {
        LOG.info(
            "connection closed remote={} reason={}",
            connection.getEndPoint().getRemoteSocketAddress(),
            e.getMessage());
        connection.getEndPoint().close(e);
      }
    }
  }

  SslHandshakeListener handshakes() {
    return new SslHandshakeListener() {
      @Override
      public void handshakeSucceeded(Event event) {
        shaking.remove(event.getSSLEngine());
        // What is forgotten cannot be resumed; the session itself goes on.
        event.getSSLEngine().getSession().invalidate();
      }

      @Override
      public void handshakeFailed(Event event, Throwable failure) {
        desk.handshakeFailed(describe(event, failure));
      }
    };
  }

  private static FailedHandshake describe(SslHandshakeListener.Event event, Throwable failure) {
    String remote =
        event.getEndPoint() == null || event.getEndPoint().getRemoteSocketAddress() == null
            ? "unknown"
            : event.getEndPoint().getRemoteSocketAddress().toString().replaceFirst("^[^/]*/", "");
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 16; t = t.getCause(), depth++) {
      if (t instanceof UntrustedPathException e) {
        return new FailedHandshake(
            remote, Optional.of(e.subject()), e.code(), e.problems(), e.getMessage());
      }
    }
    String reason = String.valueOf(failure.getMessage());
    boolean none = reason.contains("Empty client certificate chain");
    return new FailedHandshake(
        remote,
        Optional.empty(),
        none ? "tls.no-certificate" : "tls.handshake",
        List.of(),
        none ? "no certificate was shown" : reason);
  }
}
