package org.hospes.service.admission;

import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.VerifiedPapers;

/** Judges an image's papers by the service's own copy of the image policy. */
@FunctionalInterface
public interface ImageJudge {
  /**
   * Whether that caller may boot the image, as far as its papers tell.
   *
   * @throws ImageRefusedException with the rule and what was expected and found
   */
  VerifiedPapers judge(SignedImage papers, Audience audience) throws ImageRefusedException;
}
