package org.hospes.client;

import java.time.Instant;

/**
 * A published image.
 *
 * @param digest SHA-256 of the disk
 * @param retiredAt null unless it was retired
 */
public record ImageView(
    String name,
    String version,
    String digest,
    String manifestDigest,
    String signer,
    String publisher,
    String form,
    long sizeBytes,
    Instant publishedAt,
    Instant retiredAt) {

  public String reference() {
    return name + ":" + version;
  }
}
