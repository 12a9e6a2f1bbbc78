package org.hospes.repo.catalogue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.CatalogueEntry;
import org.hospes.image.catalogue.CatalogueFormat;
import org.hospes.image.catalogue.SignedCatalogue;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.repo.store.DurableFiles;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialSource;

/**
 * Signs the list of names. Each signed list has a serial of its own, which is on disk before the
 * list leaves, so that no crash ever gives the same serial to two lists. A list is given out again
 * until names or credential changed or half its validity is over. Safe for use by many threads.
 */
public final class CatalogueSigner {
  private final PublicationBook book;
  private final Path serialFile;
  private final CredentialSource credential;
  private final Duration validity;
  private final Clock clock;
  private long serial;
  private SignedCatalogue current;
  private long currentRevision;
  private Credential currentCredential;
  private Instant renewAt = Instant.MIN;

  /**
   * @param serialFile keeps the last serial given out
   * @param validity how long a list may be believed
   * @throws IOException when the file is there and cannot be read
   */
  public CatalogueSigner(
      PublicationBook book,
      Path serialFile,
      CredentialSource credential,
      Duration validity,
      Clock clock)
      throws IOException {
    this.book = book;
    this.serialFile = serialFile;
    this.credential = credential;
    this.validity = validity;
    this.clock = clock;
    this.serial = read(serialFile);
  }

  private static long read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException(
          file
              + ": expected the last serial, found '"
              + text
              + "'; services refuse a lower one than they saw",
          e);
    }
  }

  /** The list in force. */
  public synchronized SignedCatalogue current() throws IOException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Credential signer = credential.current();
    long revision = book.revision();
    if (current == null
        || revision != currentRevision
        || !signer.equals(currentCredential)
        || !now.isBefore(renewAt)) {
      current = sign(now, signer);
      currentRevision = revision;
      currentCredential = signer;
      renewAt = now.plus(validity.dividedBy(2));
    }
    return current;
  }

  /** The last serial that was given out; 0 before the first. */
  public synchronized long serial() {
    return serial;
  }

  private SignedCatalogue sign(Instant now, Credential signer) throws IOException {
    DurableFiles.replace(serialFile, (serial + 1 + "\n").getBytes(StandardCharsets.US_ASCII));
    serial++;
    List<CatalogueEntry> entries =
        book.all().stream()
            .map(
                p ->
                    new CatalogueEntry(
                        p.name(),
                        p.version(),
                        p.digest(),
                        p.manifestDigest(),
                        p.retirement().map(Publication.Retirement::at)))
            .toList();
    byte[] bytes = CatalogueFormat.write(new Catalogue(serial, now, now.plus(validity), entries));
    try {
      return new SignedCatalogue(bytes, CmsSignatures.sign(bytes, signer));
    } catch (GeneralSecurityException e) {
      throw new IOException("the catalogue cannot be signed: " + e.getMessage(), e);
    }
  }
}
