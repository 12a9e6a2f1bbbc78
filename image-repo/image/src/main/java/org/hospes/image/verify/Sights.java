package org.hospes.image.verify;

import java.time.Instant;
import java.util.Optional;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.publication.SignedPapers;

/**
 * When this site's own service first saw a publication. Whoever has no past of their own has none.
 * Safe for use by many threads.
 */
@FunctionalInterface
public interface Sights {
  /** Nothing was ever seen. */
  Sights NONE = (image, papers) -> Optional.empty();

  /**
   * The first sight of an image's publication with exactly these papers.
   *
   * @param image with the publication's statement
   * @return empty when nobody noted it
   * @throws ImageRefusedException when what is said of it is not to be believed
   */
  Optional<Instant> first(SignedImage image, SignedPapers papers) throws ImageRefusedException;
}
