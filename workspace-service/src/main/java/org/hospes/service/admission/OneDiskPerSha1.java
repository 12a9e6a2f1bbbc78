package org.hospes.service.admission;

import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.signing.ClassicSignatures;
import org.hospes.image.verify.VerifiedPapers;

/**
 * A signature over SHA-1 admits one disk at this site, whichever node it goes to: each node holds
 * to the same, but knows only the disks that came there. The signature itself is verified first, so
 * that nobody but a trusted signer takes a SHA-1. Safe for use by many threads.
 */
public final class OneDiskPerSha1 {
  private final Sha1Pairs pairs;

  public OneDiskPerSha1(Sha1Pairs pairs) {
    this.pairs = pairs;
  }

  /**
   * Passes on what was judged good.
   *
   * @throws ImageRefusedException when another disk was admitted by the same signed SHA-1
   */
  public VerifiedPapers require(SignedImage image, VerifiedPapers judged)
      throws ImageRefusedException {
    if (judged.form() != SignatureForm.CLASSIC_SHA1) {
      return judged;
    }
    Digest sha1 = judged.manifest().sha1();
    Digest found = judged.manifest().sha256();
    ClassicSignatures.verify(sha1, image.signature(), judged.path().leaf());
    Digest known = pairs.note(sha1, found);
    if (!known.equals(found)) {
      throw new ImageRefusedException(
              "image.digest.collision",
              "another disk was admitted here by the same signature over SHA-1")
          .fact("sha1", sha1)
          .fact("expected", known)
          .fact("found", found)
          .fact("signer", judged.signer())
          .advice(
              "trust neither disk until it is known who made them; sign both over SHA-256, and"
                  + " refuse the one that was forged in the site's image policy. If what was"
                  + " admitted first was never that signer's disk, the site's operator deletes its"
                  + " row from sha1_pair");
    }
    return judged;
  }
}
