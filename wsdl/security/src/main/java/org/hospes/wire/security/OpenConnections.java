package org.hospes.wire.security;

import java.io.IOException;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
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
 *
 * <p>A handshake that began is heard of once when it comes to nothing: because it failed, because
 * it took too long, or because the connection closed before it was done. Which of these is noticed
 * first, and on which thread, is chance; whoever takes the handshake out of {@link #shaking} tells.
 * A connection on which the peer never sent a byte (a port probe, a load balancer) was no
 * handshake.
 */
final class OpenConnections implements Connection.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(OpenConnections.class);
  private static final String HUNG_UP =
      "the peer hung up, or fell silent, in the middle of the handshake";
  private static final String STOPPED = "this server stopped in the middle of the handshake";

  private final ProvenPaths paths;
  private final RefusalDesk desk;
  private final Duration handshake;
  private final Supplier<Scheduler> scheduler;
  private final BooleanSupplier stopping;
  private final Set<SslConnection> open = ConcurrentHashMap.newKeySet();
  private final Map<SSLEngine, Handshake> shaking = new ConcurrentHashMap<>();

  /**
   * A handshake under way.
   *
   * @param remote noted at once, since a closed socket does not know it any more
   */
  private record Handshake(SslConnection connection, String remote) {
    /** Whether the peer sent anything at all. */
    boolean began() {
      return connection.getBytesIn() > 0;
    }
  }

  /**
   * @param handshake the longest there may be
   * @param stopping whether this server is closing its connections by itself
   */
  OpenConnections(
      ProvenPaths paths,
      RefusalDesk desk,
      Duration handshake,
      Supplier<Scheduler> scheduler,
      BooleanSupplier stopping) {
    this.paths = paths;
    this.desk = desk;
    this.handshake = handshake;
    this.scheduler = scheduler;
    this.stopping = stopping;
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
      shaking.put(engine, new Handshake(ssl, address(wire.getRemoteSocketAddress())));
      // An idle timeout alone is reset by each byte that trickles in.
      scheduler
          .get()
          .schedule(
              () -> {
                String reason = "the handshake took longer than " + handshake;
                if (ended(engine, reason)) {
                  wire.close(new TimeoutException(reason));
                }
              },
              handshake.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void onClosed(Connection connection) {
    if (connection instanceof SslConnection ssl) {
      // Told before it is gone: where no connection is left, all was told.
      ended(ssl.getSSLEngine(), stopping.getAsBoolean() ? STOPPED : HUNG_UP);
      open.remove(ssl);
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
        ended(event.getSSLEngine(), remote -> describe(remote, failure));
      }
    };
  }

  /**
   * A handshake came to nothing; the first to say so is the one that is heard.
   *
   * @return whether this was the first
   */
  private boolean ended(SSLEngine engine, Function<String, FailedHandshake> failure) {
    Handshake ended = shaking.remove(engine);
    if (ended != null && ended.began()) {
      desk.handshakeFailed(failure.apply(ended.remote()));
    }
    return ended != null;
  }

  private boolean ended(SSLEngine engine, String reason) {
    return ended(engine, remote -> failed(remote, "tls.handshake", reason));
  }

  private static FailedHandshake failed(String remote, String code, String reason) {
    return new FailedHandshake(remote, Optional.empty(), code, List.of(), reason);
  }

  private static String address(SocketAddress remote) {
    return remote == null ? "unknown" : remote.toString().replaceFirst("^[^/]*/", "");
  }

  private static FailedHandshake describe(String remote, Throwable failure) {
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 16; t = t.getCause(), depth++) {
      if (t instanceof UntrustedPathException e) {
        return new FailedHandshake(
            remote, Optional.of(e.subject()), e.code(), e.problems(), e.getMessage());
      }
    }
    String reason = String.valueOf(failure.getMessage());
    if (reason.contains("Empty client certificate chain")) {
      return failed(remote, "tls.no-certificate", "no certificate was shown");
    }
    // Hanging up is told alike, whether it was met in reading or in writing.
    boolean wire = failure.getCause() instanceof IOException io && !(io instanceof SSLException);
    return failed(remote, "tls.handshake", wire ? HUNG_UP + ": " + reason : reason);
  }
}
