package org.hospes.image.verify;

import java.time.Instant;
import java.util.Optional;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.publication.SightStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.ProxyRule;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/**
 * What the site's service says that it saw, for a node, which keeps no past of its own: a statement
 * that comes with the image, by the service's host certificate, which must be good now.
 */
public final class StatedSights implements Sights {
  private final PathValidator paths;
  private final DistinguishedName service;

  /**
   * @param service whose word counts
   */
  public StatedSights(PathValidator paths, DistinguishedName service) {
    this.paths = paths;
    this.service = service;
  }

  @Override
  public Optional<Instant> first(SignedImage image, SignedPapers papers)
      throws ImageRefusedException {
    if (image.sight().isEmpty() || image.publication().isEmpty()) {
      return Optional.empty();
    }
    Statement statement = image.sight().get();
    ValidatedPath path;
    try {
      path = paths.validate(CmsSignatures.verify(statement.body(), statement.signature()));
    } catch (ImageRefusedException | UntrustedPathException e) {
      throw disbelieved("it is not signed by a trusted certificate: " + e.getMessage());
    }
    if (!path.endEntity().equals(service) || !ProxyRule.allows(path.proxy(), ProxyRule.Use.SIGN)) {
      throw disbelieved("expected the word of " + service + ", found that of " + path.endEntity());
    }
    SightStatement sight;
    try {
      sight = SightStatement.parse(statement.body());
    } catch (IllegalArgumentException e) {
      throw disbelieved(e.getMessage());
    }
    if (!sight.publication().equals(image.publication().get().digest())
        || !sight.papers().equals(papers)) {
      throw disbelieved("it is about another publication");
    }
    return Optional.of(sight.first());
  }

  private static ImageRefusedException disbelieved(String why) {
    return ExpiredSigners.noSight(
        "what is said of when this site first saw the image does not count: " + why);
  }
}
