package org.hospes.image.catalogue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.image.ImageReference;

/**
 * What the repository says its names mean.
 *
 * @param serial grows with every catalogue that was ever signed
 * @param validUntil after it the catalogue is stale, and whoever holds it asks again
 * @param entries in the order of publishing, the newest last
 */
public record Catalogue(long serial, Instant at, Instant validUntil, List<CatalogueEntry> entries) {
  public Catalogue {
    entries = List.copyOf(entries);
    if (serial < 1) {
      throw new IllegalArgumentException("a serial starts at 1, found " + serial);
    }
    if (!validUntil.isAfter(at)) {
      throw new IllegalArgumentException("valid until " + validUntil + ", not after " + at);
    }
  }

  /**
   * What a reference means: the exact version, or the newest that is not retired. A retired entry
   * is found only by its version or its digest; whether it may start is for the caller to say.
   */
  public Optional<CatalogueEntry> find(ImageReference reference) {
    CatalogueEntry found = null;
    for (CatalogueEntry entry : entries) {
      boolean exact = reference.version().isPresent() || reference.digest().isPresent();
      if (entry.name().equals(reference.name())
          && reference.version().map(entry.version()::equals).orElse(true)
          && reference.digest().map(entry.digest()::equals).orElse(true)
          && (exact || !entry.retired())) {
        found = entry;
      }
    }
    return Optional.ofNullable(found);
  }
}
