package org.hospes.image.policy;

import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Locale;

/**
 * How large a key is.
 *
 * @param family {@code rsa} or {@code ec}; another algorithm's own name
 * @param bits of the modulus or of the curve's order; 0 when it has neither
 */
public record KeySize(String family, int bits) {
  /** Of a certificate's key. */
  public static KeySize of(PublicKey key) {
    if (key instanceof RSAPublicKey rsa) {
      return new KeySize("rsa", rsa.getModulus().bitLength());
    }
    if (key instanceof ECPublicKey ec) {
      return new KeySize("ec", ec.getParams().getOrder().bitLength());
    }
    return new KeySize(key.getAlgorithm().toLowerCase(Locale.ROOT), 0);
  }

  @Override
  public String toString() {
    return family + " " + bits;
  }
}
