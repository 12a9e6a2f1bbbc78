package org.hospes.service.sight;

import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SightStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.verify.Sights;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.UntrustedPathException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes when this site first saw a publication, and tells nodes. Only what is seen while the
 * signer's chain is good is noted, at the time of this machine and no other. Whether the
 * countersigner counts is not asked here: policies change, and what was seen was seen. Safe for use
 * by many threads.
 */
public final class SightKeeper implements Sights {
  private static final Logger LOG = LoggerFactory.getLogger(SightKeeper.class);
  private static final Duration SKEW = Duration.ofMinutes(5);
  private static final int MOST_SIGNED = 256;

  private final SightBook book;
  private final PathValidator paths;
  private final CredentialSource host;
  private final Clock clock;
  private final Map<Digest, Statement> signed = new LinkedHashMap<>();
  private Credential signedBy;

  /**
   * @param host signs what nodes are told
   */
  public SightKeeper(SightBook book, PathValidator paths, CredentialSource host, Clock clock) {
    this.book = book;
    this.paths = paths;
    this.host = host;
    this.clock = clock;
  }

  /**
   * Notes papers that are here for the first time.
   *
   * @return whether their publication is known now
   */
  public boolean see(SignedImage image) {
    if (image.publication().isEmpty()) {
      return false;
    }
    Digest publication = image.publication().get().digest();
    SignedPapers papers = SignedPapers.of(image);
    if (book.find(publication).isPresent()) {
      return true;
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    try {
      PublicationStatement said = PublicationStatement.parse(image.publication().get().body());
      if (!said.papers().equals(papers) || said.at().isAfter(now.plus(SKEW))) {
        LOG.warn("publication={} reason=it is not about these papers, or of the future", said);
        return false;
      }
      paths.validate(image.chain());
    } catch (IllegalArgumentException | UntrustedPathException e) {
      LOG.debug("{} is not noted: {}", publication, e.getMessage());
      return false;
    }
    book.remember(new SightStatement(publication, papers, now));
    LOG.info("publication={} manifest={} reason=first seen", publication, papers.manifest());
    return true;
  }

  @Override
  public Optional<Instant> first(SignedImage image, SignedPapers papers) {
    return sight(image, papers).map(SightStatement::first);
  }

  /** What a node is told of an image, signed; empty when it was never seen in time. */
  public synchronized Optional<Statement> statement(SignedImage image) {
    Optional<SightStatement> sight = sight(image, SignedPapers.of(image));
    if (sight.isEmpty()) {
      return Optional.empty();
    }
    try {
      Credential credential = host.current();
      if (!credential.equals(signedBy) || signed.size() >= MOST_SIGNED) {
        signed.clear();
        signedBy = credential;
      }
      Statement known = signed.get(sight.get().publication());
      if (known == null) {
        known = sight.get().sign(credential);
        signed.put(sight.get().publication(), known);
      }
      return Optional.of(known);
    } catch (GeneralSecurityException e) {
      LOG.error("nodes cannot be told when images were first seen: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<SightStatement> sight(SignedImage image, SignedPapers papers) {
    return image
        .publication()
        .flatMap(publication -> book.find(publication.digest()))
        .filter(sight -> sight.papers().equals(papers));
  }
}
