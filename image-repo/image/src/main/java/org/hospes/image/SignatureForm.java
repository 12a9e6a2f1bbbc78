package org.hospes.image;

/** How a builder signed. */
public enum SignatureForm {
  /** RSA PKCS#1 v1.5 over the disk's SHA-1, as {@code openssl dgst -sha1 -sign} makes it. */
  CLASSIC_SHA1,
  /** The same over SHA-256. */
  CLASSIC_SHA256,
  /** Detached CMS SignedData (RFC 5652) over the manifest's bytes. */
  CMS;

  /** Whether only the disk's bytes are signed. */
  public boolean classic() {
    return this != CMS;
  }
}
