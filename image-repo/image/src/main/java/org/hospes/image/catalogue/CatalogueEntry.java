package org.hospes.image.catalogue;

import java.time.Instant;
import java.util.Optional;
import org.hospes.image.Digest;

/**
 * A name and what it means, for ever.
 *
 * @param digest SHA-256 of the disk
 * @param manifestDigest SHA-256 of the manifest's bytes
 * @param retiredAt since when nothing new may be started from it
 */
public record CatalogueEntry(
    String name,
    String version,
    Digest digest,
    Digest manifestDigest,
    Optional<Instant> retiredAt) {
  public boolean retired() {
    return retiredAt.isPresent();
  }

  /** {@code NAME:VERSION}. */
  public String label() {
    return name + ":" + version;
  }
}
