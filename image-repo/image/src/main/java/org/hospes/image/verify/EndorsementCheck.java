package org.hospes.image.verify;

import java.util.ArrayList;
import java.util.List;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Endorser;
import org.hospes.image.policy.KeySize;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.ProxyRule;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/** Who else signed an image's manifest, each judged as a signer is. */
final class EndorsementCheck {
  private final PathValidator paths;

  /**
   * What came of the endorsements of an image.
   *
   * @param good one for each signature, so that a person may be among them twice
   * @param bad why the others do not count
   */
  record Result(List<Endorser> good, List<String> bad) {}

  EndorsementCheck(PathValidator paths) {
    this.paths = paths;
  }

  /** Looks at all of them; one that is not good is as if it were not there, but for its reason. */
  Result all(SignedImage image) {
    List<Endorser> good = new ArrayList<>();
    List<String> bad = new ArrayList<>();
    byte[] manifest = image.manifest();
    for (byte[] cms : image.endorsements()) {
      if (good.size() + bad.size() >= SignedImage.MOST_ENDORSEMENTS) {
        bad.add("more than " + SignedImage.MOST_ENDORSEMENTS + " endorsements are not looked at");
        break;
      }
      try {
        good.add(one(manifest, cms));
      } catch (ImageRefusedException e) {
        String problem = e.facts().get("problem");
        bad.add((problem == null ? "" : problem + ": ") + e.getMessage());
      }
    }
    return new Result(good, bad);
  }

  /** Looks at one, over the manifest's very bytes. */
  Endorser one(byte[] manifest, byte[] cms) throws ImageRefusedException {
    if (cms.length > SignedImage.LARGEST_ENDORSEMENT) {
      throw new ImageRefusedException(
          "image.endorsement.invalid",
          "an endorsement is too long: expected at most "
              + SignedImage.LARGEST_ENDORSEMENT
              + " bytes, found "
              + cms.length);
    }
    ValidatedPath path;
    try {
      path = paths.validate(CmsSignatures.verify(manifest, cms));
    } catch (ImageRefusedException e) {
      ImageRefusedException refused =
          new ImageRefusedException(
                  "image.endorsement.invalid", "an endorsement is not good: " + e.getMessage(), e)
              .advice("endorse this very image again: 'workspace image endorse'");
      e.facts().forEach(refused::fact);
      throw refused;
    } catch (UntrustedPathException e) {
      throw new ImageRefusedException(
              "image.endorsement.path", "the endorser is not trusted: " + e.getMessage(), e)
          .fact("endorser", e.subject())
          .fact("problem", e.code())
          .advice("see the reason; with a renewed certificate endorse it again");
    }
    if (!ProxyRule.allows(path.proxy(), ProxyRule.Use.SIGN)) {
      throw new ImageRefusedException(
              "image.endorsement.proxy",
              "a proxy of " + path.endEntity() + " cannot endorse images")
          .fact("endorser", path.endEntity())
          .advice("endorse with the certificate itself");
    }
    return new Endorser(path.endEntity(), KeySize.of(path.leaf().getPublicKey()));
  }
}
