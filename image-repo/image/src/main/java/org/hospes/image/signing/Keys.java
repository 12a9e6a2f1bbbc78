package org.hospes.image.signing;

import java.security.Provider;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** What is known of keys, and the provider that reads signatures over a digest made elsewhere. */
final class Keys {
  /** Not registered with the platform: only the signatures here go through it. */
  static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

  private Keys() {}

  static String describe(PublicKey key) {
    if (key instanceof RSAPublicKey rsa) {
      return "RSA, " + rsa.getModulus().bitLength() + " bits";
    }
    if (key instanceof ECPublicKey ec) {
      return "EC, " + ec.getParams().getOrder().bitLength() + " bits";
    }
    return key.getAlgorithm();
  }

  /** Whether a key is strong enough to sign by. */
  static boolean strong(PublicKey key) {
    return key instanceof RSAPublicKey rsa
        ? rsa.getModulus().bitLength() >= ClassicSignatures.SHORTEST_KEY
        : key instanceof ECPublicKey ec && ec.getParams().getOrder().bitLength() >= 256;
  }
}
