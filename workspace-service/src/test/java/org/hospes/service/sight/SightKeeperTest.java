package org.hospes.service.sight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.catalogue.CatalogueEntry;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.verify.StatedSights;
import org.hospes.service.workspace.SettableClock;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SightKeeperTest {
  @TempDir Path directory;
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final SettableClock clock = new SettableClock(now);
  private final SightBook book = new InMemorySightBook();
  private Credential bob;
  private Credential repository;
  private Credential service;
  private CertificateDirectory paths;
  private SightKeeper keeper;

  @BeforeEach
  void wire() throws Exception {
    TestPki pki = TestPki.create(directory.resolve("pki"));
    bob =
        pki.issue(
            "/DC=org/DC=hospes/CN=Bob",
            now.minus(Duration.ofHours(1)),
            now.plus(Duration.ofMinutes(90)));
    repository = pki.host("repo.example.org");
    service = pki.host("service.example.org");
    paths =
        CertificateDirectory.open(pki.caDirectory(), PathRules.strict(), Duration.ofDays(1), clock);
    keeper = new SightKeeper(book, paths, () -> service, clock);
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @Test
  void theFirstSightCountsAndANodeBelievesIt() throws Exception {
    SignedImage image = image(1, now);
    assertTrue(keeper.see(image));
    clock.pass(Duration.ofMinutes(10));
    assertTrue(keeper.see(image));
    assertEquals(Optional.of(now), keeper.first(image, SignedPapers.of(image)));
    Statement told = keeper.statement(image).orElseThrow();
    assertEquals(told, keeper.statement(image).orElseThrow(), "it is signed once");
    StatedSights node = new StatedSights(paths, DistinguishedName.ofSubject(service.leaf()));
    assertEquals(
        Optional.of(now), node.first(image.withSight(Optional.of(told)), SignedPapers.of(image)));
  }

  @Test
  void whatIsSeenTooLateIsNotNoted() throws Exception {
    clock.pass(Duration.ofHours(2));
    SignedImage image = image(1, now);
    assertFalse(keeper.see(image));
    assertEquals(Set.of(), book.manifests());
    assertEquals(Optional.empty(), keeper.statement(image));
  }

  @Test
  void whatIsNotAboutThesePapersIsNotNoted() throws Exception {
    assertFalse(keeper.see(image(1, now).withPublication(Optional.empty())));
    assertFalse(keeper.see(image(1, now).withPublication(image(2, now).publication())));
    assertFalse(keeper.see(image(1, now.plus(Duration.ofMinutes(6)))), "of the future");
    assertFalse(
        keeper.see(
            image(1, now)
                .withPublication(Optional.of(new Statement(new byte[] {1}, new byte[] {2})))));
    // The same statement, and other papers beside it.
    SignedImage seen = image(1, now);
    assertTrue(keeper.see(seen));
    SignedImage other = image(2, now).withPublication(seen.publication());
    assertEquals(Optional.empty(), keeper.first(other, SignedPapers.of(other)));
    assertEquals(Optional.empty(), keeper.statement(other));
  }

  @Test
  void aRoundAsksForWhatIsNewAndForNothingTwice() throws Exception {
    List<SignedImage> images = new ArrayList<>(List.of(image(1, now), image(2, now)));
    images.add(image(3, now).withPublication(Optional.empty()));
    List<Digest> asked = new ArrayList<>();
    PublishedImages published =
        new PublishedImages() {
          @Override
          public List<CatalogueEntry> entries() {
            List<CatalogueEntry> entries = new ArrayList<>();
            for (SignedImage image : images) {
              Digest manifest = Digest.sha256Of(image.manifest());
              entries.add(
                  new CatalogueEntry(
                      "i" + entries.size(), "1", manifest, manifest, Optional.empty()));
            }
            return entries;
          }

          @Override
          public SignedImage papers(CatalogueEntry entry) {
            asked.add(entry.manifestDigest());
            return images.stream()
                .filter(one -> Digest.sha256Of(one.manifest()).equals(entry.manifestDigest()))
                .findFirst()
                .orElseThrow();
          }
        };
    try (SightRounds rounds = new SightRounds(published, book, keeper, Duration.ZERO, clock)) {
      rounds.round();
      assertEquals(3, asked.size());
      assertEquals(2, book.manifests().size());
      rounds.round();
      assertEquals(3, asked.size());
      // The repository has countersigned what it had from before, and is asked again in time.
      images.set(2, image(3, now));
      clock.pass(Duration.ofMinutes(59));
      rounds.round();
      assertEquals(3, asked.size());
      clock.pass(Duration.ofSeconds(61));
      rounds.round();
      assertEquals(4, asked.size());
      assertEquals(3, book.manifests().size());
    }
  }

  private SignedImage image(int number, Instant at) throws Exception {
    SignedImage papers =
        new SignedImage(
            new byte[] {(byte) number},
            SignatureForm.CMS,
            new byte[] {(byte) number, 1},
            bob.chain());
    return papers.withPublication(
        Optional.of(
            new PublicationStatement("i", "1", SignatureForm.CMS, SignedPapers.of(papers), at)
                .sign(repository)));
  }
}
