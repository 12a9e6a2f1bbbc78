package org.hospes.wire.security;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The one way into TLS: every variant of the JDK's question comes down to {@link #check}. Being an
 * extended trust manager it replaces the JDK's own path and host name checks instead of adding to
 * them.
 */
final class ChainTrust extends X509ExtendedTrustManager {
  private final ProvenPaths paths;
  private final Side side;
  private final ChainCheck check;

  /** Whose chains are judged here. */
  enum Side {
    CLIENTS,
    SERVERS
  }

  /** Judges one chain. */
  @FunctionalInterface
  interface ChainCheck {
    void check(X509Certificate[] chain) throws CertificateException;
  }

  ChainTrust(ProvenPaths paths, Side side, ChainCheck check) {
    this.paths = paths;
    this.side = side;
    this.check = check;
  }

  private void check(X509Certificate[] chain, Side asked) throws CertificateException {
    if (asked != side) {
      throw new CertificateException("the other side has the wrong part in this connection");
    }
    if (chain == null || chain.length == 0) {
      throw new CertificateException("no certificate was shown");
    }
    check.check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, Side.CLIENTS);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, Side.CLIENTS);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, Side.CLIENTS);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, Side.SERVERS);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, Side.SERVERS);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, Side.SERVERS);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return paths.validator().anchors().toArray(X509Certificate[]::new);
  }
}
