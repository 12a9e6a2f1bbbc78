package org.hospes.service.sight;

import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.publication.SightStatement;

/**
 * What was first seen when. Nothing in it is ever changed: who could alter a time could bring an
 * old key to life. Safe for use by many threads.
 */
public interface SightBook {
  /** The first sight of a publication, by the digest of its statement's body. */
  Optional<SightStatement> find(Digest publication);

  /** The manifests of everything that was seen. */
  Set<Digest> manifests();

  /** Keeps a sight; one that is there already stays as it is. */
  void remember(SightStatement sight);
}
