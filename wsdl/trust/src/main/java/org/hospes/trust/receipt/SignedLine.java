package org.hospes.trust.receipt;

import java.time.Instant;

/** A line with a signature over all that stands before it. */
interface SignedLine {
  /** When it was signed, by the signer's clock. */
  Instant at();

  /** Digest of the papers whose key signed; see {@link Papers}. */
  String certificate();

  /** {@code SHA256withRSA} or {@code SHA256withECDSA}. */
  String algorithm();

  byte[] signature();
}
