package org.hospes.service.admission;

import java.util.Optional;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.verify.VerifiedPapers;

/** Judges an image's papers by the service's own copy of the image policy. */
@FunctionalInterface
public interface ImageJudge {
  /**
   * Whether a caller of that virtual organisation may boot the image, as far as its papers tell.
   *
   * @throws ImageRefusedException with the rule and what was expected and found
   */
  VerifiedPapers judge(SignedImage papers, Optional<String> virtualOrganisation)
      throws ImageRefusedException;
}
