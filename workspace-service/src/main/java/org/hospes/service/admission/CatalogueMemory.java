package org.hospes.service.admission;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;

/**
 * What the service has seen of the repository's catalogues, so that the repository cannot roll back
 * or move a name. Survives restarts. Safe for use by many threads.
 */
public interface CatalogueMemory {
  /**
   * A catalogue that was accepted.
   *
   * @param content SHA-256 of everything it said
   */
  record Accepted(long serial, Digest content) {}

  /** The catalogue with the highest serial ever accepted. */
  Optional<Accepted> highest();

  /**
   * What a {@code NAME:VERSION} was seen to mean.
   *
   * @param retiredAt since when; once seen retired it stays so
   */
  record Meaning(Digest digest, Optional<Instant> retiredAt) {}

  /** Every {@code NAME:VERSION} ever seen. */
  Map<String, Meaning> names();

  /**
   * Remembers a catalogue, in one step, durable when it returns. A serial not above the highest
   * leaves the highest as it is; the digest of a name that is known is not changed, nor is its
   * retirement undone.
   */
  void remember(Accepted catalogue, Map<String, Meaning> names);
}
