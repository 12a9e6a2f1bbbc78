package org.hospes.image.signing;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.DigestInfo;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;

/**
 * What {@code openssl dgst -sha1 -sign key.pem -out image.sha1 image} and the same with {@code
 * -sha256} make: RSA PKCS#1 v1.5 (RFC 8017, 8.2) over the whole file. Nothing but the file's bytes
 * is signed. Stateless.
 */
public final class ClassicSignatures {
  /** Shorter RSA keys are refused. */
  public static final int SHORTEST_KEY = 2048;

  private ClassicSignatures() {}

  /**
   * Verifies against a digest that the caller computed from the file itself.
   *
   * @throws ImageRefusedException with {@code image.signature.invalid} or {@code
   *     image.signature.key}
   */
  public static void verify(Digest digest, byte[] signature, X509Certificate signer)
      throws ImageRefusedException {
    RSAPublicKey key = rsaKey(signer);
    boolean good;
    try {
      Signature verifier = Signature.getInstance("NONEwithRSA", Keys.BOUNCY_CASTLE);
      verifier.initVerify((PublicKey) key);
      verifier.update(digestInfo(digest));
      good = verifier.verify(signature);
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      throw invalid(digest, signer, e);
    }
    if (!good) {
      throw invalid(digest, signer, null);
    }
  }

  private static ImageRefusedException invalid(
      Digest digest, X509Certificate signer, Exception cause) {
    return new ImageRefusedException(
            "image.signature.invalid",
            "the signature is not one over this disk by this certificate's key",
            cause)
        .fact("signer", signer.getSubjectX500Principal())
        .fact("found", digest)
        .advice(
            "check that signature, certificate and disk belong together, and that the signature was"
                + " made by 'openssl dgst -"
                + (digest.algorithm() == Digest.Algorithm.SHA1 ? "sha1" : "sha256")
                + " -sign'");
  }

  private static RSAPublicKey rsaKey(X509Certificate signer) throws ImageRefusedException {
    if (signer.getPublicKey() instanceof RSAPublicKey key
        && key.getModulus().bitLength() >= SHORTEST_KEY) {
      return key;
    }
    throw new ImageRefusedException(
            "image.signature.key",
            "a classic signature needs an RSA key of at least " + SHORTEST_KEY + " bits")
        .fact("signer", signer.getSubjectX500Principal())
        .fact("found", Keys.describe(signer.getPublicKey()))
        .advice("sign with 'workspace image sign', or with another certificate");
  }

  private static byte[] digestInfo(Digest digest) throws IOException {
    ASN1ObjectIdentifier algorithm =
        switch (digest.algorithm()) {
          case SHA1 -> OIWObjectIdentifiers.idSHA1;
          case SHA256 -> NISTObjectIdentifiers.id_sha256;
        };
    return new DigestInfo(new AlgorithmIdentifier(algorithm, DERNull.INSTANCE), digest.bytes())
        .getEncoded("DER");
  }
}
