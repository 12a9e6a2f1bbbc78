package org.hospes.wire.security;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.UntrustedPathException;

/** TLS contexts whose chains the one path validator judges, and that resume no sessions. */
final class TlsContexts {
  static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  /** Forward secrecy and authenticated encryption only; what Java itself offers beside is not. */
  static final String[] SUITES = {
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
  };

  // RFC 8446 4.6.1 forbids tickets that live longer than seven days, so that the JDK, asked for
  // longer sessions, sends none; that is its only switch that belongs to one context.
  private static final int NO_TICKETS = 8 * 24 * 3600;

  private TlsContexts() {}

  static SSLContext server(CredentialSource credential, ProvenPaths paths) {
    ChainTrust trust =
        new ChainTrust(paths, ChainTrust.Side.CLIENTS, chain -> checkClient(paths, chain));
    SSLContext context = context(credential, trust);
    context.getServerSessionContext().setSessionTimeout(NO_TICKETS);
    context.getServerSessionContext().setSessionCacheSize(1);
    return context;
  }

  static SSLContext client(
      CredentialSource credential, ProvenPaths paths, ChainTrust.ChainCheck check) {
    ChainTrust trust = new ChainTrust(paths, ChainTrust.Side.SERVERS, check);
    SSLContext context = context(credential, trust);
    context.getClientSessionContext().setSessionTimeout(1);
    context.getClientSessionContext().setSessionCacheSize(1);
    return StrictSockets.strict(context);
  }

  private static SSLContext context(CredentialSource credential, ChainTrust trust) {
    NativeCrypto.prefer();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {new CredentialKeys(credential)}, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  private static void checkClient(ProvenPaths paths, X509Certificate[] chain)
      throws CertificateException {
    try {
      paths.prove(List.of(chain));
    } catch (UntrustedPathException e) {
      throw new CertificateException(e.getMessage(), e);
    }
  }
}
