package org.hospes.trust.receipt;

import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * The certificates of whoever signed the line that follows; it stands before the first line that
 * they signed in each file, and again where others take over.
 *
 * @param digest SHA-256 over the encodings of all its certificates, one after the other
 * @param chain the leaf first
 */
public record Papers(String digest, List<X509Certificate> chain) implements ReceiptLine {
  private static final int LONGEST_CHAIN = 10;

  /** Keeps its own copy of the chain. */
  public Papers {
    chain = List.copyOf(chain);
  }

  /** The papers of a chain. */
  public static Papers of(List<X509Certificate> chain) {
    MessageDigest sha256 = Hashes.sha256();
    for (X509Certificate certificate : chain) {
      sha256.update(encoded(certificate));
    }
    return new Papers(HexFormat.of().formatHex(sha256.digest()), chain);
  }

  /** The line to write, without a line feed. */
  public byte[] line() {
    LineText text = LineText.bare().raw("{\"certificate\":").quoted(digest).key("chain").raw("[");
    for (int i = 0; i < chain.size(); i++) {
      text.raw(i == 0 ? "" : ",");
      text.quoted(Base64.getEncoder().encodeToString(encoded(chain.get(i))));
    }
    return text.raw("]").close();
  }

  /** The certificate whose key signs. */
  public X509Certificate leaf() {
    return chain.get(0);
  }

  static Papers read(LineCursor line) throws MalformedLineException {
    line.expect("{");
    line.member("certificate");
    String digest = line.hashValue();
    line.key("chain");
    line.expect("[");
    List<X509Certificate> chain = new ArrayList<>();
    do {
      byte[] bytes = line.base64Value();
      try {
        X509Certificate certificate =
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(bytes));
        if (!Arrays.equals(certificate.getEncoded(), bytes)) {
          throw line.wrong("a certificate and nothing behind it before");
        }
        chain.add(certificate);
      } catch (CertificateException e) {
        throw line.wrong("a certificate before");
      }
    } while (line.skip(",") && chain.size() < LONGEST_CHAIN);
    line.expect("]");
    line.end();
    Papers papers = of(chain);
    if (!papers.digest.equals(digest)) {
      throw new MalformedLineException(
          "{\"certificate\":\"".length(),
          "the digest of its certificates " + papers.digest,
          digest);
    }
    return papers;
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("a certificate that cannot be encoded", e);
    }
  }
}
