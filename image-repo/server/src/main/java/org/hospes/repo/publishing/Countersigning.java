package org.hospes.repo.publishing;

import java.io.IOException;
import java.util.Optional;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.catalogue.PublicationBook;
import org.hospes.repo.catalogue.PublicationSigner;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.UntrustedPathException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Countersigns what was published before the repository did so, at the time of now: of earlier
 * times there is nothing but its own word. A publication whose signer's chain is not good any more
 * stays without.
 */
public final class Countersigning {
  private static final Logger LOG = LoggerFactory.getLogger(Countersigning.class);

  private final PublicationBook book;
  private final PublicationSigner signer;
  private final PathValidator paths;

  public Countersigning(PublicationBook book, PublicationSigner signer, PathValidator paths) {
    this.book = book;
    this.signer = signer;
    this.paths = paths;
  }

  /**
   * Countersigns all that is without.
   *
   * @return how many it did
   */
  public int addMissing() throws IOException {
    int added = 0;
    for (Publication publication : book.all()) {
      SignedImage papers = book.papers(publication);
      if (papers.publication().isPresent() || !goodNow(publication, papers)) {
        continue;
      }
      Optional<Statement> statement =
          signer.sign(publication.name(), publication.version(), papers);
      if (statement.isPresent()) {
        book.countersign(publication, statement.get());
        added++;
      }
    }
    if (added > 0) {
      LOG.info("countersigned {} publications of before", added);
    }
    return added;
  }

  private boolean goodNow(Publication publication, SignedImage papers) {
    try {
      paths.validate(papers.chain());
      return true;
    } catch (UntrustedPathException e) {
      LOG.warn("{} is not countersigned: {}", publication.label(), e.getMessage());
      return false;
    }
  }
}
