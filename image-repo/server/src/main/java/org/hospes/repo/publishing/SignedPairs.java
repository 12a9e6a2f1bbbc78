package org.hospes.repo.publishing;

import java.io.IOException;
import java.nio.file.Path;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.verify.DigestPairs;
import org.hospes.image.verify.DigestRecords;
import org.hospes.image.verify.RecordedPairs;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.catalogue.PublicationBook;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which disk each SHA-1 that was signed stands for at this site: the first one that was published
 * under it. Outlives the repository's process, and the publication.
 */
public final class SignedPairs {
  private static final Logger LOG = LoggerFactory.getLogger(SignedPairs.class);

  private SignedPairs() {}

  /**
   * Opens the records, and sees to it that what was published before there were any is among them:
   * both digests were computed over its bytes then.
   *
   * @param folder made when missing; nobody else's
   */
  public static DigestPairs open(Path folder, PublicationBook book) throws IOException {
    DigestPairs pairs =
        new RecordedPairs(new DigestRecords(folder, "sha1"), SignedPairs::tellOperators);
    for (Publication publication : book.all()) {
      if (publication.form() == SignatureForm.CLASSIC_SHA1) {
        remember(pairs, publication, book);
      }
    }
    return pairs;
  }

  private static void remember(DigestPairs pairs, Publication publication, PublicationBook book)
      throws IOException {
    try {
      Manifest manifest = ManifestFormat.parse(book.papers(publication).manifest());
      pairs.remember(manifest.sha1(), manifest.sha256());
    } catch (ImageRefusedException e) {
      // It stays published: which of the two is the forged one, only people can tell.
      LOG.error("{} is not the disk that its SHA-1 stands for: {}", publication.label(), e);
    }
  }

  private static void tellOperators(Path record, Digest sha1, Digest known, Digest found) {
    LOG.error(
        "TWO DISKS WITH ONE SHA-1: {} is known as {} ({}) and came as {}: refused",
        sha1,
        known,
        record,
        found);
  }
}
