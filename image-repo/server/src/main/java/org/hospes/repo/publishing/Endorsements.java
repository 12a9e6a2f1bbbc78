package org.hospes.repo.publishing;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.catalogue.PublicationBook;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.trust.path.DistinguishedName;

/**
 * What others sign for an image. It is kept beside the publication, which never changes: of each
 * person the endorsement that came last. Only those are kept that count for some image by the image
 * policy. Safe for use by many threads.
 */
final class Endorsements {
  private final PublicationBook book;
  private final ImageVerifier verifier;

  Endorsements(PublicationBook book, ImageVerifier verifier) {
    this.book = book;
    this.verifier = verifier;
  }

  /** Refuses a visitor whose endorsements would not count. */
  void requireEndorser(DistinguishedName name) {
    if (!verifier.mayEndorse(name)) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.NOT_ALLOWED,
              "access.endorse",
              "endorsements by " + name + " count for no image here")
          .fact("dn", name)
          .fact("rule", "endorsements")
          .advice("ask the site's operator to add this DN to 'endorsements' in the image policy");
    }
  }

  /** Who signed the endorsements that come with papers; refuses one that is not good. */
  Map<DistinguishedName, byte[]> judged(SignedImage image) {
    Map<DistinguishedName, byte[]> good = new LinkedHashMap<>();
    for (byte[] endorsement : image.endorsements()) {
      try {
        DistinguishedName endorser = verifier.endorser(image, endorsement);
        requireEndorser(endorser);
        good.put(endorser, endorsement);
      } catch (ImageRefusedException e) {
        throw RepositoryRefusal.of(e);
      }
    }
    return good;
  }

  /** Keeps them for good. */
  void keep(Publication publication, Map<DistinguishedName, byte[]> endorsements)
      throws IOException {
    for (Map.Entry<DistinguishedName, byte[]> one : endorsements.entrySet()) {
      if (!book.endorse(publication, one.getKey(), one.getValue())) {
        throw new RepositoryRefusal(
                RepositoryRefusal.Kind.CONFLICT,
                "image.endorsements.many",
                publication.label() + " has as many endorsements as an image can have")
            .fact("expected", "at most " + SignedImage.MOST_ENDORSEMENTS)
            .advice("publish it under a new version, and have that endorsed");
      }
    }
  }
}
