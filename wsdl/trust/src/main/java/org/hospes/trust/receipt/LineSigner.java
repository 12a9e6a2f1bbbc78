package org.hospes.trust.receipt;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERSequence;
import org.hospes.trust.credential.Credential;

/**
 * Signs lines by a host's key, and checks them. Of the two signatures that ECDSA has for
 * everything, only the one with the smaller {@code s} counts, so that no signed line can be written
 * otherwise.
 */
public final class LineSigner {
  private static final String RSA = "SHA256withRSA";
  private static final String ECDSA = "SHA256withECDSA";

  private final Credential credential;
  private final Papers papers;
  private final String algorithm;

  /**
   * Signs by the credential.
   *
   * @throws IllegalArgumentException when its key is neither RSA nor EC
   */
  public LineSigner(Credential credential) {
    this.credential = credential;
    this.papers = Papers.of(credential.chain());
    this.algorithm = algorithmOf(credential.leaf().getPublicKey());
    if (algorithm.isEmpty()) {
      throw new IllegalArgumentException(
          credential.origin() + ": receipts are signed by RSA and EC keys only");
    }
  }

  /** Whose key it is. */
  public Papers papers() {
    return papers;
  }

  byte[] sign(LineText text) {
    byte[] body = text.text("certificate", papers.digest()).text("algorithm", algorithm).bytes();
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(credential.key());
      signature.update(body);
      byte[] raw = signature.sign();
      return LineText.signed(
          body, algorithm.equals(ECDSA) ? smaller(raw, credential.leaf().getPublicKey()) : raw);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          credential.origin() + ": its key cannot sign a receipt: " + e.getMessage(), e);
    }
  }

  static String algorithm(LineCursor line) throws MalformedLineException {
    line.key("algorithm");
    if (line.skip('"' + RSA + '"')) {
      return RSA;
    }
    if (line.skip('"' + ECDSA + '"')) {
      return ECDSA;
    }
    throw line.wrong(RSA + " or " + ECDSA);
  }

  /** A check of many signatures by one key, for one thread. */
  static final class Check {
    private final PublicKey key;
    private final String algorithm;
    private final Signature signature;

    Check(PublicKey key) {
      this.key = key;
      this.algorithm = algorithmOf(key);
      Signature ready = null;
      try {
        if (!algorithm.isEmpty()) {
          ready = Signature.getInstance(algorithm);
          ready.initVerify(key);
        }
      } catch (InvalidKeyException e) {
        ready = null;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java has " + algorithm, e);
      }
      this.signature = ready;
    }

    /** Whether the line, whose fields these are, is signed by the key. */
    boolean holds(byte[] line, SignedLine fields) {
      if (signature == null || !fields.algorithm().equals(algorithm)) {
        return false;
      }
      int signed = line.length - LineText.tail(fields.signature()).length;
      try {
        if (algorithm.equals(ECDSA)
            && !java.util.Arrays.equals(fields.signature(), smaller(fields.signature(), key))) {
          return false;
        }
        signature.update(line, 0, signed);
        return signature.verify(fields.signature());
      } catch (GeneralSecurityException | RuntimeException e) {
        begin();
        return false;
      }
    }

    /** After a signature of another form than the key's, nothing of it may be left over. */
    private void begin() {
      try {
        signature.initVerify(key);
      } catch (InvalidKeyException e) {
        throw new IllegalStateException("a key that was good a moment ago", e);
      }
    }
  }

  private static String algorithmOf(PublicKey key) {
    return key instanceof RSAPublicKey ? RSA : key instanceof ECPublicKey ? ECDSA : "";
  }

  private static byte[] smaller(byte[] signature, PublicKey key) {
    ASN1Sequence pair = ASN1Sequence.getInstance(signature);
    BigInteger r = ASN1Integer.getInstance(pair.getObjectAt(0)).getPositiveValue();
    BigInteger s = ASN1Integer.getInstance(pair.getObjectAt(1)).getPositiveValue();
    BigInteger order = ((ECPublicKey) key).getParams().getOrder();
    ASN1EncodableVector both = new ASN1EncodableVector();
    both.add(new ASN1Integer(r));
    both.add(new ASN1Integer(s.compareTo(order.shiftRight(1)) > 0 ? order.subtract(s) : s));
    try {
      return new DERSequence(both).getEncoded();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
