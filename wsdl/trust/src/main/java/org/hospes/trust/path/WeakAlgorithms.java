package org.hospes.trust.path;

import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PSSParameterSpec;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Certificates that anybody could have forged, which canl takes as any other, and keys so made that
 * to use them costs whoever verifies dearly.
 */
final class WeakAlgorithms {
  /** Proxies of 1024 bits, good for hours, are still made; what is smaller was broken long ago. */
  private static final int SHORTEST_RSA = 1024;

  /** No CA issues more; a verification already takes sixteen times that of 2048 bits. */
  private static final int LONGEST_RSA = 8192;

  /** As in NIST SP 800-56B; 65537 is what everybody uses. */
  private static final int LONGEST_EXPONENT = 256;

  private static final Set<Integer> CURVES = Set.of(256, 384, 521);

  /** With RSA (of PKCS and of OIW), DSA (of both) and ECDSA. */
  private static final Set<String> SHA1 =
      Set.of(
          "1.2.840.113549.1.1.5",
          "1.3.14.3.2.29",
          "1.3.14.3.2.27",
          "1.2.840.10040.4.3",
          "1.2.840.10045.4.1");

  private static final String PSS = "1.2.840.113549.1.1.10";
  private static final Set<String> STRONG = Set.of("SHA-256", "SHA-384", "SHA-512");

  private WeakAlgorithms() {}

  static Optional<String> of(X509Certificate certificate) {
    String algorithm = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
    if (algorithm.contains("MD2") || algorithm.contains("MD4") || algorithm.contains("MD5")) {
      return Optional.of("is signed by " + algorithm + ", which can be forged");
    }
    PublicKey key = certificate.getPublicKey();
    if (key instanceof RSAPublicKey rsa) {
      return ofRsa(rsa.getModulus().bitLength(), rsa.getPublicExponent());
    }
    if (key instanceof ECPublicKey ec && !CURVES.contains(ec.getParams().getOrder().bitLength())) {
      int bits = ec.getParams().getOrder().bitLength();
      return Optional.of(
          "has an elliptic-curve key of " + bits + " bits; P-256, P-384 or P-521 is needed");
    }
    return Optional.empty();
  }

  /**
   * Whether a certificate is signed over SHA-1, for which collisions of chosen prefixes have been
   * made. RSASSA-PSS names its digest in parameters, and means SHA-1 where it names none.
   */
  static Optional<String> sha1(X509Certificate certificate) {
    String algorithm = certificate.getSigAlgOID();
    boolean sha1 = SHA1.contains(algorithm) || (algorithm.equals(PSS) && !strongPss(certificate));
    return sha1
        ? Optional.of("is signed over SHA-1, which this site does not take in certificates")
        : Optional.empty();
  }

  private static boolean strongPss(X509Certificate certificate) {
    byte[] parameters = certificate.getSigAlgParams();
    if (parameters == null) {
      return false;
    }
    try {
      AlgorithmParameters read = AlgorithmParameters.getInstance("RSASSA-PSS");
      read.init(parameters);
      String digest = read.getParameterSpec(PSSParameterSpec.class).getDigestAlgorithm();
      return STRONG.contains(digest.toUpperCase(Locale.ROOT));
    } catch (GeneralSecurityException | IOException e) {
      // What nobody can read is no better.
      return false;
    }
  }

  private static Optional<String> ofRsa(int bits, BigInteger exponent) {
    if (bits < SHORTEST_RSA) {
      return Optional.of(
          "has a key of " + bits + " bits; " + SHORTEST_RSA + " at least are needed");
    }
    if (bits > LONGEST_RSA) {
      return Optional.of("has a key of " + bits + " bits; " + LONGEST_RSA + " at most are taken");
    }
    boolean usual =
        exponent.testBit(0)
            && exponent.compareTo(BigInteger.ONE) > 0
            && exponent.bitLength() <= LONGEST_EXPONENT;
    if (!usual) {
      return Optional.of("has an RSA key with a public exponent that nobody uses");
    }
    return Optional.empty();
  }
}
