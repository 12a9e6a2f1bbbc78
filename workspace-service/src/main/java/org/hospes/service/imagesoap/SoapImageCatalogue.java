package org.hospes.service.imagesoap;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.xml.namespace.QName;
import org.hospes.contract.repository.CatalogueResponse;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.contract.repository.Entry;
import org.hospes.contract.repository.Refused;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.CatalogueEntry;
import org.hospes.image.catalogue.SignedCatalogue;
import org.hospes.service.admission.CatalogueJudge;
import org.hospes.service.admission.ImageCatalogue;
import org.hospes.service.admission.ResolvedImage;
import org.hospes.service.sight.PublishedImages;
import org.hospes.service.workspace.Refusal;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/**
 * Names looked up at the site's repository. A name counts only as the repository's signed catalogue
 * has it; a digest counts by itself, and the repository is then asked only for its papers.
 */
public final class SoapImageCatalogue implements ImageCatalogue, PublishedImages {
  private static final int MOST_WARNINGS = 16;
  private static final int LONGEST = 1024;

  private final RepositoryPort repository;
  private final DistinguishedName repositoryName;
  private final PathValidator paths;
  private final CatalogueJudge judge;
  private final Clock clock;
  private final RecentDescriptions recent;
  private final AtomicLong asked = new AtomicLong();
  private final AtomicReference<Said> said = new AtomicReference<>(new Said(0, List.of()));

  private interface Call<T> {
    T get() throws Refused;
  }

  /** What the repository said of itself when it was asked for the so-manieth time. */
  private record Said(long asked, List<String> warnings) {}

  /**
   * Wires it.
   *
   * @param repositoryName whose signature a catalogue must carry
   */
  SoapImageCatalogue(
      RepositoryPort repository,
      DistinguishedName repositoryName,
      PathValidator paths,
      CatalogueJudge judge,
      Clock clock) {
    this.repository = repository;
    this.repositoryName = repositoryName;
    this.paths = paths;
    this.judge = judge;
    this.clock = clock;
    this.recent = new RecentDescriptions(clock);
  }

  /** The repository at an address, over signed messages; exactly its host DN must answer. */
  public static SoapImageCatalogue at(
      URI address,
      DistinguishedName repositoryName,
      SecureClient client,
      PathValidator paths,
      CatalogueJudge judge,
      Clock clock) {
    RepositoryPort port =
        client.signed(
            RepositoryPort.class,
            new QName("urn:hospes:repository:1:wsdl", "RepositoryService"),
            "wsdl/repository.wsdl",
            address,
            ExpectedServer.dn(repositoryName));
    return new SoapImageCatalogue(port, repositoryName, paths, judge, clock);
  }

  @Override
  public ResolvedImage resolve(ImageReference reference) {
    return reference.digest().isPresent()
        ? byDigest(reference, reference.digest().get())
        : byName(reference);
  }

  private ResolvedImage byDigest(ImageReference reference, Digest digest) {
    DescribeResponse answer = describe(reference.toString());
    requireSame("digest", digest, Digest.parse(answer.getEntry().getDigest()));
    // What a signed catalogue once said of it counts for more than what the repository says now.
    return resolved(
        answer,
        judge.retired(digest).or(() -> Optional.ofNullable(answer.getEntry().getRetiredAt())));
  }

  private ResolvedImage byName(ImageReference reference) {
    Catalogue catalogue = catalogue();
    CatalogueEntry entry =
        catalogue
            .find(reference)
            .orElseThrow(
                () ->
                    Refusal.of(
                            Refusal.Category.NOT_FOUND,
                            "image.not-found",
                            "the site's repository has no image " + reference)
                        .advice("see what there is: workspace image list")
                        .fact("image", reference)
                        .fact("catalogueSerial", catalogue.serial())
                        .toException());
    Optional<DescribeResponse> before = recent.of(entry, catalogue.serial());
    DescribeResponse answer =
        before.orElseGet(() -> describe(entry.label() + "@" + entry.digest()));
    requireSame("digest", entry.digest(), Digest.parse(answer.getEntry().getDigest()));
    requireSame("manifest digest", entry.manifestDigest(), sha256(answer.getImage().getManifest()));
    ResolvedImage image = resolved(answer, entry.retiredAt());
    if (before.isEmpty()) {
      recent.keep(entry, catalogue.serial(), answer);
    }
    return image;
  }

  @Override
  public List<CatalogueEntry> entries() {
    return catalogue().entries();
  }

  @Override
  public SignedImage papers(CatalogueEntry entry) {
    DescribeResponse answer = describe(entry.label() + "@" + entry.digest());
    requireSame("manifest digest", entry.manifestDigest(), sha256(answer.getImage().getManifest()));
    return papers(answer.getImage());
  }

  /**
   * What the repository said of itself to the site's operators, when its catalogue was last asked
   * for; nothing before that. An answer that comes later than one to a later question is not kept.
   */
  public List<String> warnings() {
    return said.get().warnings();
  }

  private Catalogue catalogue() {
    long number = asked.incrementAndGet();
    CatalogueResponse answer =
        ask(() -> repository.catalogue(new org.hospes.contract.repository.Catalogue()));
    List<String> warnings =
        answer.getWarning().stream()
            .limit(MOST_WARNINGS)
            .map(text -> text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...")
            .toList();
    said.accumulateAndGet(
        new Said(number, warnings), (kept, came) -> came.asked() > kept.asked() ? came : kept);
    try {
      Catalogue signed =
          new SignedCatalogue(answer.getCatalogue(), answer.getSignature())
              .verify(paths, repositoryName, clock.instant());
      return judge.accept(signed);
    } catch (ImageRefusedException e) {
      throw new Refusal(
              Refusal.Category.IMAGE_REFUSED, e.code(), e.getMessage(), e.advice(), e.facts())
          .toException();
    }
  }

  private DescribeResponse describe(String reference) {
    Describe request = new Describe();
    request.setReference(reference);
    return ask(() -> repository.describe(request));
  }

  private static ResolvedImage resolved(
      DescribeResponse answer, Optional<java.time.Instant> retiredAt) {
    Entry entry = answer.getEntry();
    return new ResolvedImage(
        entry.getName() + ":" + entry.getVersion(),
        Digest.parse(entry.getDigest()),
        papers(answer.getImage()),
        List.of(URI.create(answer.getSource())),
        retiredAt);
  }

  private static SignedImage papers(org.hospes.contract.common.SignedImage xml) {
    List<X509Certificate> chain = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (byte[] der : xml.getCertificate()) {
        chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
    } catch (CertificateException e) {
      throw Refusal.of(
              Refusal.Category.IMAGE_REFUSED,
              "image.certificate.invalid",
              "the repository sent a builder's certificate that cannot be read: " + e.getMessage())
          .toException();
    }
    return new SignedImage(
            xml.getManifest(),
            SignatureForm.valueOf(xml.getForm().value()),
            xml.getSignature(),
            chain,
            xml.getEndorsement())
        .withPublication(
            Optional.ofNullable(xml.getPublication())
                .map(said -> new Statement(said.getBody(), said.getSignature())));
  }

  private static void requireSame(String what, Digest expected, Digest found) {
    if (!expected.equals(found)) {
      throw Refusal.of(
              Refusal.Category.IMAGE_REFUSED,
              "image.catalogue.mismatch",
              "the repository answers with another " + what + " than its signed catalogue has")
          .advice("the repository was tampered with or is broken: ask its operators")
          .fact("expected", expected)
          .fact("found", found)
          .toException();
    }
  }

  private static <T> T ask(Call<T> call) {
    try {
      return call.get();
    } catch (Refused | RuntimeException e) {
      RefusalException refusal =
          Refusals.of(e)
              .orElseThrow(
                  () -> new IllegalStateException("the image repository's answer: " + e, e));
      Refusal.Category category = Refusal.Category.valueOf(refusal.category().name());
      boolean about =
          category == Refusal.Category.NOT_FOUND || category == Refusal.Category.IMAGE_REFUSED;
      // Only what it says of the image is the caller's business; the rest is between the hosts.
      throw new Refusal(
              about ? category : Refusal.Category.SITE,
              about ? refusal.code() : "repository.unavailable",
              about
                  ? refusal.getMessage()
                  : "the site's image repository does not answer the service: "
                      + refusal.getMessage(),
              about
                  ? refusal.advice()
                  : Optional.of("try again later, or tell the site's operators"),
              refusal.facts())
          .toException();
    }
  }

  private static Digest sha256(byte[] bytes) {
    try {
      return Digest.sha256(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
