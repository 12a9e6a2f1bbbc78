package org.hospes.wire.security;

import java.net.InetSocketAddress;

/**
 * A server of SOAP ports and bytes to people and hosts with grid certificates.
 *
 * <p>Mutual TLS 1.2 or 1.3 everywhere. The chain of the other side is judged by the {@link
 * org.hospes.trust.path.PathValidator} at the handshake and again at every request, so that neither
 * a resumed session nor an open connection outlives a revocation; connections whose chain no longer
 * holds are closed when CAs or CRLs change.
 *
 * <p>Made by {@link #at}; open until {@link #close()}.
 */
public final class SecureServer implements AutoCloseable {
  private final JettyServer jetty;

  SecureServer(JettyServer jetty) {
    this.jetty = jetty;
  }

  /** The first step; port 0 takes any free one. */
  public static SecureServerSetup at(InetSocketAddress address) {
    return new SecureServerSetup(address);
  }

  /** The port it listens on. */
  public int port() {
    return jetty.port();
  }

  /** Takes no more connections, lets running calls finish for up to five seconds, and closes. */
  @Override
  public void close() {
    jetty.close();
  }
}
