package org.hospes.image.verify;

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.path.PathProblem;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.ProxyRule;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/**
 * Whether an image outlives its signer's certificate. It does when somebody whom the policy names
 * countersigned its publication while the chain was good, and this site's own service noted its
 * first sight while the chain was good: neither a countersigner's key that fell into other hands
 * later, nor a service's alone, brings a signature with an old key to life. Revocations are judged
 * as they are now, whatever the date. The anchor must be trusted now, with a CRL in force.
 */
final class ExpiredSigners {
  /** How far the clocks of a site's parts may be apart. */
  static final Duration SKEW = Duration.ofMinutes(5);

  private static final String EXPIRED = "path.expired";

  private final PathValidator paths;
  private final Sights sights;
  private final Clock clock;

  /**
   * An image that outlived its signer's certificate.
   *
   * @param path as it was when the site first saw the image
   * @param rule what of the policy let it live, for people
   */
  record Outlived(ValidatedPath path, String rule) {}

  ExpiredSigners(PathValidator paths, Sights sights, Clock clock) {
    this.paths = paths;
    this.sights = sights;
    this.clock = clock;
  }

  /** Whether nothing is wrong with a chain but that its time is over. */
  boolean only(List<X509Certificate> chain, UntrustedPathException untrusted) {
    return untrusted.problems().stream().map(PathProblem::code).allMatch(EXPIRED::equals)
        && chain.stream().noneMatch(one -> one.getNotBefore().toInstant().isAfter(clock.instant()));
  }

  /**
   * Judges papers whose only fault is that.
   *
   * @throws ImageRefusedException with {@code image.signer.expired.forbidden}, {@code
   *     .no-countersignature} or {@code .no-sight}
   */
  Outlived require(SignedImage image, Manifest manifest, ImagePolicy policy)
      throws ImageRefusedException {
    if (policy.expiredSigners() == ImagePolicy.ExpiredSigners.REFUSE) {
      throw new ImageRefusedException(
              "image.signer.expired.forbidden",
              "the signer's certificate has expired, and no image outlives that here")
          .fact("rule", "expired-signers: refuse")
          .fact("signer", manifest.signer())
          .fact("expired", end(image))
          .advice("sign the image again with the renewed certificate, under a new version");
    }
    SignedPapers papers = SignedPapers.of(image);
    PublicationStatement publication = publication(image, manifest, papers);
    at(image, publication.at(), "the publication was countersigned", false);
    Instant first =
        sights
            .first(image, papers)
            .orElseThrow(
                () ->
                    noSight("this site's service did not note when it first saw the image")
                        .fact("expired", end(image)));
    if (first.isBefore(publication.at().minus(SKEW)) || tooLate(first)) {
      throw noSight("the image cannot have been first seen at " + first)
          .fact("countersigned", publication.at());
    }
    ValidatedPath path = at(image, first, "the image was first seen here", true);
    String countersigner = countersigner(image.publication().orElseThrow(), policy, first);
    return new Outlived(
        path,
        "; expired-signers: countersigned by "
            + countersigner
            + " at "
            + publication.at()
            + ", first seen at "
            + first);
  }

  private PublicationStatement publication(
      SignedImage image, Manifest manifest, SignedPapers papers) throws ImageRefusedException {
    if (image.publication().isEmpty()) {
      throw unsigned("nobody countersigned its publication").fact("expired", end(image));
    }
    PublicationStatement publication;
    try {
      publication = PublicationStatement.parse(image.publication().get().body());
    } catch (IllegalArgumentException e) {
      throw unsigned("what was countersigned cannot be read: " + e.getMessage());
    }
    if (!publication.papers().equals(papers)
        || publication.form() != image.form()
        || !publication.name().equals(manifest.name())
        || !publication.version().equals(manifest.version())) {
      throw unsigned("what was countersigned are other papers")
          .fact("expected", manifest.name() + ":" + manifest.version() + ", " + papers.manifest())
          .fact(
              "found",
              publication.name()
                  + ":"
                  + publication.version()
                  + ", "
                  + publication.papers().manifest());
    }
    if (tooLate(publication.at())) {
      throw unsigned("it was countersigned in the future, at " + publication.at());
    }
    return publication;
  }

  /** The chain as it was at a moment; both have to be within every certificate's time. */
  private ValidatedPath at(SignedImage image, Instant moment, String what, boolean sight)
      throws ImageRefusedException {
    try {
      return paths.validate(image.chain(), moment);
    } catch (UntrustedPathException e) {
      if (!e.code().equals(EXPIRED)) {
        throw ImageVerifier.untrusted(e);
      }
      String why = what + " at " + moment + ", when the signer's chain was not good: ";
      throw (sight ? noSight(why + e.getMessage()) : unsigned(why + e.getMessage()))
          .fact("expired", end(image));
    }
  }

  /** Whose statement it is; their certificate may have ended since the site saw it. */
  private String countersigner(Statement statement, ImagePolicy policy, Instant first)
      throws ImageRefusedException {
    ValidatedPath path;
    try {
      path = paths.validate(CmsSignatures.verify(statement.body(), statement.signature()), first);
    } catch (ImageRefusedException | UntrustedPathException e) {
      throw unsigned("the countersignature is not good: " + e.getMessage());
    }
    if (!policy.countersigners().contains(path.endEntity())
        || !ProxyRule.allows(path.proxy(), ProxyRule.Use.SIGN)) {
      throw unsigned("the countersignature is by one whose word does not count here")
          .fact("rule", "countersigners")
          .fact("expected", policy.countersigners())
          .fact("found", path.endEntity());
    }
    return path.endEntity().slash();
  }

  private boolean tooLate(Instant moment) {
    return moment.isAfter(clock.instant().plus(SKEW));
  }

  private static Instant end(SignedImage image) {
    return image.chain().stream()
        .map(certificate -> certificate.getNotAfter().toInstant())
        .min(Instant::compareTo)
        .orElseThrow();
  }

  private static ImageRefusedException unsigned(String why) {
    return new ImageRefusedException(
            "image.signer.expired.no-countersignature",
            "the signer's certificate has expired: " + why)
        .advice("sign the image again with the renewed certificate, under a new version");
  }

  static ImageRefusedException noSight(String why) {
    return new ImageRefusedException(
            "image.signer.expired.no-sight", "the signer's certificate has expired: " + why)
        .advice("sign the image again with the renewed certificate, under a new version");
  }
}
