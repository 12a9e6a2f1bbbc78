package org.hospes.trust.path;

import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.Locale;
import java.util.Optional;

/** Certificates that anybody could have forged; canl takes them as any other. */
final class WeakAlgorithms {
  /** Proxies of 1024 bits, good for hours, are still made; what is smaller was broken long ago. */
  private static final int SHORTEST_RSA = 1024;

  private WeakAlgorithms() {}

  static Optional<String> of(X509Certificate certificate) {
    String algorithm = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
    if (algorithm.contains("MD2") || algorithm.contains("MD4") || algorithm.contains("MD5")) {
      return Optional.of("is signed by " + algorithm + ", which can be forged");
    }
    if (certificate.getPublicKey() instanceof RSAKey key
        && key.getModulus().bitLength() < SHORTEST_RSA) {
      int bits = key.getModulus().bitLength();
      return Optional.of(
          "has a key of " + bits + " bits; " + SHORTEST_RSA + " at least are needed");
    }
    return Optional.empty();
  }
}
