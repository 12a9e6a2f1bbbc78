package org.hospes.image.publication;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.image.json.StrictObject;

/**
 * Which papers a statement is about: what was signed, the signature, and by which certificates.
 *
 * @param manifest SHA-256 of its bytes
 * @param signature SHA-256 of its bytes
 * @param chain SHA-256 of each certificate's DER, the signer's first
 */
public record SignedPapers(Digest manifest, Digest signature, List<Digest> chain) {
  private static final int LONGEST_CHAIN = 8;

  /** Keeps a copy. */
  public SignedPapers {
    chain = List.copyOf(chain);
  }

  /** Of an image; endorsements are not among them, since they come later. */
  public static SignedPapers of(SignedImage image) {
    List<Digest> chain = new ArrayList<>();
    try {
      for (X509Certificate certificate : image.chain()) {
        chain.add(Digest.sha256Of(certificate.getEncoded()));
      }
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("a certificate of the signer has no encoding", e);
    }
    return new SignedPapers(
        Digest.sha256Of(image.manifest()), Digest.sha256Of(image.signature()), chain);
  }

  static SignedPapers read(StrictObject object) {
    return new SignedPapers(
        hex(object, "manifest"),
        hex(object, "signature"),
        object.texts("chain", LONGEST_CHAIN, SignedPapers::sha256));
  }

  void write(JsonGenerator json) throws IOException {
    json.writeStringField("manifest", manifest.hex());
    json.writeStringField("signature", signature.hex());
    json.writeArrayFieldStart("chain");
    for (Digest certificate : chain) {
      json.writeString(certificate.hex());
    }
    json.writeEndArray();
  }

  static Digest hex(StrictObject object, String key) {
    return object.parsed(key, SignedPapers::sha256);
  }

  private static Digest sha256(String hex) {
    return new Digest(Digest.Algorithm.SHA256, hex);
  }
}
