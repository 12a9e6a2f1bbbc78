package org.hospes.service.admission;

import org.hospes.image.ImageReference;

/** The site's image repository, as far as names go. Safe for use by many threads. */
public interface ImageCatalogue {
  /**
   * What a reference means now, as signed by the repository; a reference with a digest needs no
   * names.
   *
   * @throws org.hospes.service.workspace.RefusedException NOT_FOUND when there is no such image;
   *     IMAGE_REFUSED when the repository's word is not to be trusted; SITE when it does not answer
   */
  ResolvedImage resolve(ImageReference reference);
}
