package org.hospes.repo.catalogue;

import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.trust.credential.CredentialSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Countersigns publications with the repository's host certificate: that these papers were here,
 * and their signer's chain good, at this moment. Whoever calls has found it good. Safe for use by
 * many threads.
 */
public final class PublicationSigner {
  private static final Logger LOG = LoggerFactory.getLogger(PublicationSigner.class);

  private final CredentialSource credential;
  private final Clock clock;

  public PublicationSigner(CredentialSource credential, Clock clock) {
    this.credential = credential;
    this.clock = clock;
  }

  /** The statement; empty when the key cannot sign, since the image is good without it too. */
  public Optional<Statement> sign(String name, String version, SignedImage image) {
    PublicationStatement statement =
        new PublicationStatement(
            name,
            version,
            image.form(),
            SignedPapers.of(image),
            clock.instant().truncatedTo(ChronoUnit.MILLIS));
    try {
      return Optional.of(statement.sign(credential.current()));
    } catch (GeneralSecurityException e) {
      LOG.error("{}:{} could not be countersigned: {}", name, version, e.getMessage());
      return Optional.empty();
    }
  }
}
