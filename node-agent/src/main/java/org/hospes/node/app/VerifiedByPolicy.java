package org.hospes.node.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.node.imagecache.ImageJudge;

/** Judges by the builder's signature and this node's own copy of the image policy. */
final class VerifiedByPolicy implements ImageJudge {
  private final ImageVerifier boot;
  private final ImageVerifier thorough;

  /**
   * @param boot before every boot
   * @param thorough when bytes arrive under a signature over SHA-1: it knows the marks of
   *     collisions
   */
  VerifiedByPolicy(ImageVerifier boot, ImageVerifier thorough) {
    this.boot = boot;
    this.thorough = thorough;
  }

  @Override
  public VerifiedPapers papers(SignedImage papers, Optional<String> virtualOrganisation)
      throws ImageRefusedException {
    return boot.verifyPapers(papers, Audience.caller(virtualOrganisation));
  }

  @Override
  public VerifiedImage image(
      SignedImage papers, Path file, Optional<String> virtualOrganisation, boolean arrived)
      throws ImageRefusedException, IOException {
    boolean doubtful = arrived && papers.form() == SignatureForm.CLASSIC_SHA1;
    ImageVerifier verifier = doubtful ? thorough : boot;
    return verifier.verify(papers, file, Audience.caller(virtualOrganisation));
  }
}
