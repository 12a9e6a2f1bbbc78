package org.hospes.service.sight;

import java.util.List;
import org.hospes.image.SignedImage;
import org.hospes.image.catalogue.CatalogueEntry;

/** All that the site's repository has. Safe for use by many threads. */
public interface PublishedImages {
  /**
   * What the repository's signed catalogue has now.
   *
   * @throws RuntimeException when the repository does not answer, or is not to be believed
   */
  List<CatalogueEntry> entries();

  /**
   * The papers of one.
   *
   * @throws RuntimeException as {@link #entries}
   */
  SignedImage papers(CatalogueEntry entry);
}
