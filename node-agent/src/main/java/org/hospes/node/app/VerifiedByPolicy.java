package org.hospes.node.app;

import java.io.IOException;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.node.imagecache.ImageJudge;

/** Judges by the builder's signature and this node's own copy of the image policy. */
final class VerifiedByPolicy implements ImageJudge {
  private final ImageVerifier arrival;
  private final ImageVerifier boot;

  /**
   * @param arrival when bytes were just fetched: computes whatever the manifest claims of them, and
   *     knows the marks of SHA-1 collisions
   * @param boot before every later boot
   */
  VerifiedByPolicy(ImageVerifier arrival, ImageVerifier boot) {
    this.arrival = arrival;
    this.boot = boot;
  }

  @Override
  public VerifiedPapers papers(SignedImage papers, Audience audience) throws ImageRefusedException {
    return boot.verifyPapers(papers, audience);
  }

  @Override
  public VerifiedImage image(
      SignedImage papers, OpenDisk file, Audience audience, boolean arrived, KnownDigests known)
      throws ImageRefusedException, IOException {
    return (arrived ? arrival : boot).verify(papers, file, audience, known);
  }
}
