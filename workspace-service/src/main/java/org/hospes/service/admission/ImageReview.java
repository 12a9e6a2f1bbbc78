package org.hospes.service.admission;

import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.image.ImageReference;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;

/** Finds an image in the repository, and has its papers judged for whoever asks. */
final class ImageReview {
  private final ImageCatalogue catalogue;
  private final ImageJudge judge;
  private final Supplier<? extends ImageRulebook> rules;

  /** An image that may boot. */
  record Reviewed(ResolvedImage image, VerifiedPapers papers, Decision decision) {}

  ImageReview(ImageCatalogue catalogue, ImageJudge judge, Supplier<? extends ImageRulebook> rules) {
    this.catalogue = catalogue;
    this.judge = judge;
    this.rules = rules;
  }

  /**
   * Reviews it.
   *
   * @throws RefusedException with the rule that refused the image; or because there is none, or
   *     because the repository does not answer
   */
  Reviewed review(ImageReference reference, Audience audience) {
    try {
      ResolvedImage image = catalogue.resolve(reference);
      requireNotRetired(image);
      VerifiedPapers papers = judged(image, audience);
      return new Reviewed(image, papers, rules.get().acceptance(papers.signer(), papers.rule()));
    } catch (RefusedException e) {
      throw decided(e).map(decision -> decision.told().orElseThrow().toException()).orElse(e);
    }
  }

  /** The decision behind a refusal; empty where nothing was decided on the image. */
  Optional<Decision> decided(RefusedException refused) {
    Refusal refusal = refused.refusal();
    return refusal.category() == Refusal.Category.IMAGE_REFUSED
        ? Optional.of(rules.get().refusal(refusal))
        : Optional.empty();
  }

  private static void requireNotRetired(ResolvedImage image) {
    image
        .retiredAt()
        .ifPresent(
            at -> {
              throw Refusal.of(
                      Refusal.Category.IMAGE_REFUSED,
                      "image.retired",
                      image.label() + " was retired at " + at + "; nothing new starts from it")
                  .advice("choose another version: workspace image list")
                  .fact("image", image.label())
                  .fact("digest", image.digest())
                  .fact("retiredAt", at)
                  .toException();
            });
  }

  private VerifiedPapers judged(ResolvedImage image, Audience audience) {
    try {
      VerifiedPapers papers = judge.judge(image.papers(), audience);
      if (!papers.manifest().sha256().equals(image.digest())) {
        throw Refusal.of(
                Refusal.Category.IMAGE_REFUSED,
                "image.digest.mismatch",
                "the manifest of " + image.label() + " describes other bytes than were asked for")
            .advice("the repository answered wrongly: ask its operators")
            .fact("expected", image.digest())
            .fact("found", papers.manifest().sha256())
            .toException();
      }
      return papers;
    } catch (ImageRefusedException e) {
      throw new Refusal(
              Refusal.Category.IMAGE_REFUSED, e.code(), e.getMessage(), e.advice(), e.facts())
          .toException();
    }
  }
}
