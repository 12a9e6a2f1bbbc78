package org.hospes.repo.publishing;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.image.ImageReference;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.image.catalogue.SignedCatalogue;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.repo.access.AccessLists;
import org.hospes.repo.access.AuditTrail;
import org.hospes.repo.access.Visitor;
import org.hospes.repo.catalogue.CatalogueSigner;
import org.hospes.repo.catalogue.NameTakenException;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.catalogue.PublicationBook;
import org.hospes.repo.catalogue.PublicationSigner;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.repo.store.StoredDisks;
import org.hospes.repo.store.Upload;
import org.hospes.repo.store.Uploads;
import org.hospes.trust.path.DistinguishedName;

/**
 * What the repository does. Every call decides for itself whether the visitor may, and writes the
 * decision down. Publishing asks the same function that a node asks before it boots. Safe for use
 * by many threads; every call can be repeated.
 */
public final class ImageRepository {
  private static final int LARGEST_PAGE = 500;

  private final PublicationBook book;
  private final StoredDisks disks;
  private final Uploads uploads;
  private final Intake intake;
  private final Commits commits;
  private final CatalogueSigner catalogues;
  private final PublicationSigner countersigner;
  private final ImageVerifier verifier;
  private final KnownDigests known;
  private final Supplier<AccessLists> access;
  private final AuditedDeeds deeds;
  private final Endorsements endorsements;
  private final Clock clock;

  /**
   * @param verifier as thorough as bytes that first arrive need it
   * @param known holds each SHA-1 that is signed to one disk
   */
  @SuppressWarnings("TooManyParameters") // wiring: each is a part of its own
  public ImageRepository(
      PublicationBook book,
      StoredDisks disks,
      Uploads uploads,
      Intake intake,
      Commits commits,
      CatalogueSigner catalogues,
      PublicationSigner countersigner,
      ImageVerifier verifier,
      KnownDigests known,
      Supplier<AccessLists> access,
      AuditTrail audit,
      Clock clock) {
    this.book = book;
    this.disks = disks;
    this.uploads = uploads;
    this.intake = intake;
    this.commits = commits;
    this.catalogues = catalogues;
    this.countersigner = countersigner;
    this.verifier = verifier;
    this.known = known;
    this.access = access;
    this.deeds = new AuditedDeeds(audit);
    this.endorsements = new Endorsements(book, verifier);
    this.clock = clock;
  }

  /**
   * Announces an image, or commits it when its bytes are here. Repeating it with the same papers
   * answers with the same publication; an answer that awaits no more bytes asks to be repeated,
   * because verifying takes longer than the caller may want to wait.
   */
  public PublishOutcome publish(Visitor visitor, String name, String version, SignedImage image)
      throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("image", name + ":" + version);
    facts.put("form", image.form().name());
    return deeds.run(
        "publish",
        visitor,
        facts,
        () -> {
          access.get().requirePublisher(visitor);
          VerifiedPapers papers = papers(image, name, version);
          facts.put("digest", papers.manifest().sha256().toString());
          facts.put("signer", papers.signer().slash());
          facts.put("rule", papers.rule());
          Map<DistinguishedName, byte[]> endorsed = endorsements.judged(image);
          Optional<Publication> published = published(visitor, papers, image);
          if (published.isPresent()) {
            facts.put("became", "already here");
            endorsements.keep(published.get(), endorsed);
            return new PublishOutcome.Published(published.get());
          }
          PublishOutcome outcome = receive(visitor, papers, image);
          if (outcome instanceof PublishOutcome.Published done) {
            endorsements.keep(done.publication(), endorsed);
          }
          facts.put(
              "became", outcome instanceof PublishOutcome.Published ? "published" : "announced");
          return outcome;
        });
  }

  private VerifiedPapers papers(SignedImage image, String name, String version) {
    VerifiedPapers papers;
    try {
      papers = verifier.verifyPapers(image, Audience.nobodyYet());
    } catch (ImageRefusedException e) {
      throw RepositoryRefusal.of(e);
    }
    if (!papers.manifest().name().equals(name) || !papers.manifest().version().equals(version)) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.IMAGE_REFUSED,
              "image.manifest.disagrees",
              "the manifest names another image")
          .fact("expected", name + ":" + version)
          .fact("found", papers.manifest().name() + ":" + papers.manifest().version())
          .advice("publish it under the name that was signed, or sign it again");
    }
    return papers;
  }

  /** The same publication, if it is here; refuses a name that means something else. */
  private Optional<Publication> published(Visitor visitor, VerifiedPapers papers, SignedImage image)
      throws IOException {
    String name = papers.manifest().name();
    String version = papers.manifest().version();
    Optional<Publication> found = book.find(name, version);
    if (found.isPresent()) {
      Publication publication = found.get();
      if (publication.publisher().equals(visitor.dn())
          && publication.manifestDigest().equals(papers.manifestDigest())
          && publication.form() == image.form()) {
        return found;
      }
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.CONFLICT,
              "image.version.exists",
              publication.label() + " is published and never changes")
          .fact("expected", publication.digest())
          .fact("found", papers.manifest().sha256())
          .advice("publish it under a new version");
    }
    book.owner(name)
        .filter(owner -> !owner.equals(visitor.dn()))
        .ifPresent(
            owner -> {
              throw new RepositoryRefusal(
                      RepositoryRefusal.Kind.NOT_ALLOWED,
                      "image.name.taken",
                      "the name " + name + " belongs to its first publisher")
                  .fact("expected", owner)
                  .fact("found", visitor.dn())
                  .advice("publish it under another name");
            });
    return Optional.empty();
  }

  private PublishOutcome receive(Visitor visitor, VerifiedPapers papers, SignedImage image)
      throws IOException {
    long size = papers.manifest().diskBytes();
    Upload upload = intake.announce(visitor, papers.manifest());
    String work = upload.id() + " " + papers.manifest().name() + ":" + papers.manifest().version();
    Optional<Path> stored = disks.find(papers.manifest().sha256());
    if (stored.isEmpty() && !upload.complete() && !commits.knows(work)) {
      intake.requireRoom(upload);
      return new PublishOutcome.Awaiting(upload.id(), upload.received());
    }
    return commits
        .await(work, () -> commit(visitor, papers, image, upload))
        .<PublishOutcome>map(PublishOutcome.Published::new)
        .orElse(new PublishOutcome.Awaiting(upload.id(), size));
  }

  private Publication commit(
      Visitor visitor, VerifiedPapers papers, SignedImage image, Upload upload) throws IOException {
    upload.lock().lock();
    try {
      Optional<Path> stored = disks.find(papers.manifest().sha256());
      if (stored.isPresent()) {
        return commit(visitor, papers, image, stored.get());
      }
      if (!uploads.current(upload) || !upload.complete()) {
        throw new RepositoryRefusal(
                RepositoryRefusal.Kind.CONFLICT, "upload.gone", "the bytes are no longer here")
            .advice("publish again");
      }
      Publication publication = commit(visitor, papers, image, upload.file());
      uploads.discard(upload);
      return publication;
    } catch (RepositoryRefusal e) {
      uploads.discard(upload);
      throw e;
    } finally {
      upload.lock().unlock();
    }
  }

  private Publication commit(Visitor visitor, VerifiedPapers papers, SignedImage image, Path disk)
      throws IOException {
    VerifiedImage verified;
    try {
      verified = verifier.verify(image, disk, Audience.nobodyYet(), known);
    } catch (ImageRefusedException e) {
      throw RepositoryRefusal.of(e);
    }
    Optional<Publication> meanwhile = published(visitor, papers, image);
    if (meanwhile.isPresent()) {
      return meanwhile.get();
    }
    if (disks.find(verified.digest()).isEmpty()) {
      disks.adopt(disk, verified.digest());
    }
    Publication wanted =
        new Publication(
            0,
            papers.manifest().name(),
            papers.manifest().version(),
            verified.digest(),
            verified.manifestDigest(),
            verified.form(),
            verified.signer(),
            visitor.dn(),
            verified.diskBytes(),
            clock.instant().truncatedTo(ChronoUnit.MILLIS),
            Optional.empty());
    try {
      return book.add(
          wanted,
          image.withPublication(countersigner.sign(wanted.name(), wanted.version(), image)));
    } catch (NameTakenException e) {
      // Another call was quicker; what it did says whether that is the same or a conflict.
      return published(visitor, papers, image).orElseThrow(() -> new IllegalStateException(e));
    }
  }

  /** What a reference means, with its papers. */
  public Described describe(Visitor visitor, String reference) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>(Map.of("image", reference));
    return deeds.run(
        "describe",
        visitor,
        facts,
        () -> {
          access.get().requireReader(visitor);
          Publication publication = require(reference);
          facts.put("digest", publication.digest().toString());
          return new Described(publication, book.papers(publication));
        });
  }

  private Publication require(String text) {
    ImageReference reference;
    try {
      reference = ImageReference.parse(text);
    } catch (IllegalArgumentException e) {
      throw new RepositoryRefusal(
          RepositoryRefusal.Kind.INVALID, "image.reference", e.getMessage());
    }
    return book.find(reference)
        .orElseThrow(
            () ->
                new RepositoryRefusal(
                        RepositoryRefusal.Kind.NOT_FOUND,
                        "image.unknown",
                        "no image " + reference + " is published here")
                    .fact("image", reference)
                    .advice("see 'workspace image list'"));
  }

  /**
   * Publications in the order of publishing.
   *
   * @param retired whether retired ones are listed as well
   * @param after the token of an earlier page
   */
  public Page list(
      Visitor visitor, Optional<String> name, boolean retired, int pageSize, Optional<String> after)
      throws IOException {
    return deeds.run(
        "list",
        visitor,
        new LinkedHashMap<>(),
        () -> {
          access.get().requireReader(visitor);
          long from = after.map(ImageRepository::sequence).orElse(0L);
          return Page.of(
              book.all().stream()
                  .filter(p -> p.sequence() > from)
                  .filter(p -> name.map(p.name()::equals).orElse(true))
                  .filter(p -> retired || !p.retired()),
              pageSize < 1 ? LARGEST_PAGE : Math.min(pageSize, LARGEST_PAGE));
        });
  }

  private static long sequence(String token) {
    try {
      return Long.parseLong(token);
    } catch (NumberFormatException e) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.INVALID, "list.token", "not a page token: " + token)
          .advice("ask for the first page again");
    }
  }

  /** Retires a publication; what runs goes on. Repeating it changes nothing. */
  public Publication retire(Visitor visitor, String name, String version, String why)
      throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("image", name + ":" + version);
    facts.put("why", why);
    return deeds.run(
        "retire",
        visitor,
        facts,
        () -> {
          Publication found = published(visitor, name, version);
          access.get().requireRetirer(visitor, found.publisher());
          facts.put("digest", found.digest().toString());
          return book.retire(
              found,
              new Publication.Retirement(
                  clock.instant(), visitor.dn(), why.replaceAll("\\p{Cntrl}", " ")));
        });
  }

  private Publication published(Visitor visitor, String name, String version) {
    Optional<Publication> found = book.find(name, version);
    if (found.isEmpty()) {
      access.get().requireReader(visitor);
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.NOT_FOUND,
              "image.unknown",
              "no image " + name + ":" + version + " is published here")
          .advice("see 'workspace image list'");
    }
    return found.get();
  }

  /**
   * Keeps what somebody signed for an image that is published. Whoever brings it, and whoever
   * signed it, must be one whose endorsements count; repeating it changes nothing.
   */
  public Publication endorse(Visitor visitor, String name, String version, byte[] endorsement)
      throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("image", name + ":" + version);
    return deeds.run(
        "endorse",
        visitor,
        facts,
        () -> {
          AccessLists.requireFullRights(visitor);
          endorsements.requireEndorser(visitor.dn());
          Publication found = published(visitor, name, version);
          facts.put("digest", found.digest().toString());
          Map<DistinguishedName, byte[]> good =
              endorsements.judged(book.papers(found).withEndorsements(List.of(endorsement)));
          good.keySet().forEach(endorser -> facts.put("endorser", endorser.slash()));
          facts.put("rule", "endorsements");
          endorsements.keep(found, good);
          return found;
        });
  }

  /** The signed list of names. */
  public SignedCatalogue catalogue(Visitor visitor) throws IOException {
    return deeds.run(
        "catalogue",
        visitor,
        new LinkedHashMap<>(),
        () -> {
          access.get().requireReader(visitor);
          return catalogues.current();
        });
  }
}
