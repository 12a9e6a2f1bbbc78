package org.hospes.image;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * The papers of an image, as they were made: manifest bytes, signature bytes, certificates.
 *
 * @param manifest the very bytes; parsed with {@code ManifestFormat.parse}, never re-serialised
 * @param signature raw PKCS#1 signature over the disk (classic) or DER CMS over the manifest
 * @param chain the signer's certificate first, then towards the CA
 */
public record SignedImage(
    byte[] manifest, SignatureForm form, byte[] signature, List<X509Certificate> chain) {
  public SignedImage {
    manifest = manifest.clone();
    signature = signature.clone();
    chain = List.copyOf(chain);
  }

  @Override
  public byte[] manifest() {
    return manifest.clone();
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }
}
