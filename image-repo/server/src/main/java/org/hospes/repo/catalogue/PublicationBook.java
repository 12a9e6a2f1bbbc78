package org.hospes.repo.catalogue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.trust.path.DistinguishedName;

/**
 * Every publication, in memory and on disk. Nothing is ever taken out or changed; retirement and
 * endorsements are added. Safe for use by many threads; writers go one at a time.
 */
public final class PublicationBook {
  private final PublicationFiles files;
  private volatile List<Publication> publications;
  private volatile long revision;

  /**
   * Reads what is there; half publications of a crash are deleted.
   *
   * @param names where publications stand
   * @param incoming where they are made, on the same file system
   * @throws IOException also when a publication cannot be read: the operator must look
   */
  public PublicationBook(Path names, Path incoming) throws IOException {
    files = new PublicationFiles(names, incoming);
    publications =
        files.load().stream().sorted(Comparator.comparingLong(Publication::sequence)).toList();
  }

  /** All, in the order of publishing. */
  public List<Publication> all() {
    return publications;
  }

  /** Grows with each change, for whoever keeps something made of {@link #all()}. */
  public long revision() {
    return revision;
  }

  /** The publication of exactly this name and version. */
  public Optional<Publication> find(String name, String version) {
    return publications.stream()
        .filter(p -> p.name().equals(name) && p.version().equals(version))
        .findFirst();
  }

  /** What a reference means: exactly, or the newest of the name that is not retired. */
  public Optional<Publication> find(ImageReference reference) {
    boolean exact = reference.version().isPresent() || reference.digest().isPresent();
    return publications.stream()
        .filter(p -> p.name().equals(reference.name()))
        .filter(p -> reference.version().map(p.version()::equals).orElse(true))
        .filter(p -> reference.digest().map(p.digest()::equals).orElse(true))
        .filter(p -> exact || !p.retired())
        .reduce((older, newer) -> newer);
  }

  /** Who published a name first, and so alone may publish under it. */
  public Optional<DistinguishedName> owner(String name) {
    return publications.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .map(Publication::publisher);
  }

  /** Every disk that some name means. */
  public Set<Digest> digests() {
    Set<Digest> digests = new HashSet<>();
    publications.forEach(p -> digests.add(p.digest()));
    return digests;
  }

  /**
   * Adds a publication; its sequence is given here. After this returns it survives a power cut.
   *
   * @throws NameTakenException when the name and version mean something already, or the name
   *     belongs to another publisher
   */
  public synchronized Publication add(Publication wanted, SignedImage papers)
      throws IOException, NameTakenException {
    if (find(wanted.name(), wanted.version()).isPresent()
        || !owner(wanted.name()).map(wanted.publisher()::equals).orElse(true)) {
      throw new NameTakenException(wanted.label());
    }
    long sequence =
        publications.isEmpty() ? 1 : publications.get(publications.size() - 1).sequence() + 1;
    Publication added =
        new Publication(
            sequence,
            wanted.name(),
            wanted.version(),
            wanted.digest(),
            wanted.manifestDigest(),
            wanted.form(),
            wanted.signer(),
            wanted.publisher(),
            wanted.sizeBytes(),
            wanted.publishedAt(),
            Optional.empty());
    files.add(added, papers);
    List<Publication> more = new ArrayList<>(publications);
    more.add(added);
    publications = List.copyOf(more);
    revision++;
    return added;
  }

  /** Retires a publication; one that is retired stays as it is. */
  public synchronized Publication retire(Publication publication, Publication.Retirement retirement)
      throws IOException {
    Publication now = find(publication.name(), publication.version()).orElseThrow();
    if (now.retired()) {
      return now;
    }
    files.retire(now, retirement);
    Publication retired = now.retired(retirement);
    publications = publications.stream().map(p -> p.equals(now) ? retired : p).toList();
    revision++;
    return retired;
  }

  /** Adds the repository's word to a publication that is without; it survives a power cut. */
  public synchronized void countersign(Publication publication, Statement statement)
      throws IOException {
    files.countersign(publication, statement);
    revision++;
  }

  /**
   * Keeps an endorsement beside a publication, in place of an earlier one by the same person. After
   * this returns it survives a power cut.
   *
   * @return whether there was room for it
   */
  public synchronized boolean endorse(
      Publication publication, DistinguishedName endorser, byte[] endorsement) throws IOException {
    boolean kept = files.endorse(publication, endorser, endorsement);
    if (kept) {
      revision++;
    }
    return kept;
  }

  /** The papers of a publication, as they came, with the endorsements that came since. */
  public SignedImage papers(Publication publication) throws IOException {
    return files.papers(publication);
  }
}
