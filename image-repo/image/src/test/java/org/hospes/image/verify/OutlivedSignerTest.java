package org.hospes.image.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SightStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestPolicies;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.PathsAt;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images whose signer's certificate ends an hour from now, judged an hour after that. */
class OutlivedSignerTest {
  private static final Duration LATER = Duration.ofHours(2);
  private static final String UNSIGNED = "image.signer.expired.no-countersignature";
  private static final String UNSEEN = "image.signer.expired.no-sight";

  @TempDir Path directory;
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final Instant end = now.plus(Duration.ofHours(1));
  private ImagePolicy.ExpiredSigners rule = ImagePolicy.ExpiredSigners.COUNTERSIGNED;
  private TestPki pki;
  private Credential bob;
  private Credential repository;
  private Credential service;
  private Path disk;
  private SignedImage image;

  @BeforeEach
  void sign() {
    pki = TestPki.create(directory.resolve("pki"));
    bob = pki.issue("/DC=org/DC=hospes/CN=Bob", now.minus(Duration.ofHours(1)), end);
    repository = pki.host("repo.example.org");
    service = pki.host("service.example.org");
    disk = TestDisks.mbr(directory.resolve("disk"), 2 << 20, 5);
    image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, bob);
  }

  @ParameterizedTest
  @EnumSource
  void whatWasPublishedAndSeenInTimeBootsForEver(SignatureForm form) throws Exception {
    image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    assertEquals(Set.of("demo"), boots(Duration.ZERO, image).virtualOrganisations());
    VerifiedImage verified = boots(LATER, both());
    assertEquals(DistinguishedName.ofSubject(bob.leaf()), verified.signer());
    assertTrue(
        verified
            .rule()
            .contains(
                "; expired-signers: countersigned by /DC=org/DC=hospes/CN=repo.example.org at "
                    + now),
        verified.rule());
    assertFalse(boots(Duration.ZERO, both()).rule().contains("expired"), "as long as it is good");
  }

  @Test
  void eachOfTheTwoIsNeeded() throws Exception {
    assertEquals(UNSIGNED, refused(image), "an old publication, from before there were any");
    assertEquals(UNSEEN, refused(published(now, repository)));
    assertEquals(UNSIGNED, refused(both().withPublication(Optional.empty())));
  }

  @Test
  void aSiteMayForbidIt() throws Exception {
    rule = ImagePolicy.ExpiredSigners.REFUSE;
    assertEquals("image.signer.expired.forbidden", refused(both()));
    boots(Duration.ZERO, both());
  }

  @Test
  void whatIsPublishedNowWasNotPublishedInTime() throws Exception {
    SignedImage papers = both();
    assertEquals("image.signer.path", refused(LATER, papers, Audience.nobodyYet()));
  }

  /** Countersignatures that are none. */
  enum Countersignature {
    BY_ANOTHER_HOST,
    BY_THE_SIGNER,
    BY_A_PROXY_OF_IT,
    BY_AN_IMPOSTOR,
    OF_OTHER_PAPERS,
    UNDER_ANOTHER_NAME,
    OF_ANOTHER_FORM,
    OF_A_RENEWED_CERTIFICATE,
    AFTER_THE_END,
    BEFORE_THE_BEGINNING,
    OF_THE_FUTURE,
    ALTERED,
    NO_JSON,
    A_SIGHT
  }

  @ParameterizedTest
  @EnumSource
  void whoseWordDoesNotCountAndForWhatItDoesNot(Countersignature bad) throws Exception {
    SignedPapers papers = SignedPapers.of(image);
    Statement good = publication(now, repository).orElseThrow();
    Statement statement =
        switch (bad) {
          case BY_ANOTHER_HOST -> publication(now, service).orElseThrow();
          case BY_THE_SIGNER -> publication(now, bob).orElseThrow();
          case BY_A_PROXY_OF_IT ->
              publication(now, pki.proxy(repository, ProxyKind.FULL)).orElseThrow();
          case BY_AN_IMPOSTOR ->
              publication(
                      now,
                      pki.impostor().named(DistinguishedName.ofSubject(repository.leaf()).slash()))
                  .orElseThrow();
          case OF_OTHER_PAPERS ->
              new PublicationStatement(
                      "sl6",
                      "1",
                      image.form(),
                      new SignedPapers(papers.signature(), papers.signature(), papers.chain()),
                      now)
                  .sign(repository);
          case UNDER_ANOTHER_NAME ->
              new PublicationStatement("sl6", "2", image.form(), papers, now).sign(repository);
          case OF_ANOTHER_FORM ->
              new PublicationStatement("sl6", "1", SignatureForm.CLASSIC_SHA1, papers, now)
                  .sign(repository);
          case OF_A_RENEWED_CERTIFICATE -> {
            Credential renewed = pki.user("Bob");
            yield new PublicationStatement(
                    "sl6",
                    "1",
                    image.form(),
                    SignedPapers.of(
                        new SignedImage(
                            image.manifest(), image.form(), image.signature(), renewed.chain())),
                    now)
                .sign(repository);
          }
          case AFTER_THE_END -> publication(end.plusSeconds(60), repository).orElseThrow();
          case BEFORE_THE_BEGINNING ->
              publication(now.minus(Duration.ofDays(1)), repository).orElseThrow();
          case OF_THE_FUTURE ->
              publication(now.plus(LATER).plus(Duration.ofMinutes(10)), repository).orElseThrow();
          case ALTERED ->
              new Statement(
                  new String(good.body(), StandardCharsets.UTF_8)
                      .replace(now.toString(), now.minusSeconds(1).toString())
                      .getBytes(StandardCharsets.UTF_8),
                  good.signature());
          case NO_JSON -> new Statement(new byte[] {1}, good.signature());
          case A_SIGHT -> new SightStatement(good.digest(), papers, now).sign(repository);
        };
    assertEquals(UNSIGNED, refused(seen(image.withPublication(Optional.of(statement)))));
  }

  /** Sights that are none. */
  enum Sight {
    BY_THE_REPOSITORY,
    BY_A_PROXY,
    BY_AN_IMPOSTOR,
    REVOKED_SINCE,
    OF_ANOTHER_PUBLICATION,
    OF_OTHER_PAPERS,
    AFTER_THE_END,
    LONG_BEFORE_THE_PUBLICATION,
    OF_THE_FUTURE,
    ALTERED,
    NO_JSON,
    A_PUBLICATION
  }

  @ParameterizedTest
  @EnumSource
  void whatTheServiceDidNotSee(Sight bad) throws Exception {
    Statement publication = publication(now, repository).orElseThrow();
    SignedPapers papers = SignedPapers.of(image);
    SightStatement good = new SightStatement(publication.digest(), papers, now);
    Statement sight =
        switch (bad) {
          case BY_THE_REPOSITORY -> good.sign(repository);
          case BY_A_PROXY -> good.sign(pki.proxy(service, ProxyKind.FULL));
          case BY_AN_IMPOSTOR ->
              good.sign(pki.impostor().named(DistinguishedName.ofSubject(service.leaf()).slash()));
          case REVOKED_SINCE -> {
            pki.revoke(service);
            yield good.sign(service);
          }
          case OF_ANOTHER_PUBLICATION ->
              new SightStatement(papers.manifest(), papers, now).sign(service);
          case OF_OTHER_PAPERS ->
              new SightStatement(
                      publication.digest(),
                      new SignedPapers(papers.manifest(), papers.manifest(), papers.chain()),
                      now)
                  .sign(service);
          case AFTER_THE_END ->
              new SightStatement(publication.digest(), papers, end.plusSeconds(1)).sign(service);
          case LONG_BEFORE_THE_PUBLICATION ->
              new SightStatement(publication.digest(), papers, now.minus(Duration.ofMinutes(6)))
                  .sign(service);
          case OF_THE_FUTURE ->
              new SightStatement(
                      publication.digest(), papers, now.plus(LATER).plus(Duration.ofMinutes(10)))
                  .sign(service);
          case ALTERED -> {
            Statement signed = good.sign(service);
            yield new Statement(
                new String(signed.body(), StandardCharsets.UTF_8)
                    .replace(now.toString(), now.plusSeconds(1).toString())
                    .getBytes(StandardCharsets.UTF_8),
                signed.signature());
          }
          case NO_JSON -> new Statement(new byte[0], good.sign(service).signature());
          case A_PUBLICATION -> publication(now, service).orElseThrow();
        };
    assertEquals(
        UNSEEN,
        refused(image.withPublication(Optional.of(publication)).withSight(Optional.of(sight))));
  }

  @Test
  void aRevokedSignerIsRefusedWhateverTheDate() throws Exception {
    SignedImage papers = both();
    pki.revoke(bob);
    assertEquals("image.signer.path", refused(Duration.ZERO, papers, caller()));
    assertEquals("image.signer.path", refused(papers));
    // As CAs do once a certificate has expired: what was seen is not forgotten here.
    pki.unlistRevoked(bob);
    assertEquals("image.signer.path", refused(papers));
  }

  @Test
  void aRevokedCountersignersWordIsNoneWhateverTheDate() throws Exception {
    SignedImage papers = both();
    pki.revoke(repository);
    assertEquals(UNSIGNED, refused(papers));
  }

  @Test
  void theCountersignersOwnCertificateMayEndOnceTheImageWasSeen() throws Exception {
    repository = pki.issue("/DC=org/DC=hospes/CN=repo.example.org", now.minusSeconds(3600), end);
    boots(LATER, both());
  }

  @Test
  void withoutItsCaNothingBoots() throws Exception {
    SignedImage papers = both();
    pki.dropCrl();
    assertEquals("image.signer.path", refused(papers));
  }

  private SignedImage both() throws GeneralSecurityException {
    return seen(published(now, repository));
  }

  private SignedImage published(Instant at, Credential by) throws GeneralSecurityException {
    return image.withPublication(publication(at, by));
  }

  private Optional<Statement> publication(Instant at, Credential by)
      throws GeneralSecurityException {
    return Optional.of(
        new PublicationStatement("sl6", "1", image.form(), SignedPapers.of(image), at).sign(by));
  }

  private SignedImage seen(SignedImage papers) throws GeneralSecurityException {
    SightStatement sight =
        new SightStatement(
            papers.publication().orElseThrow().digest(),
            SignedPapers.of(papers),
            now.plusSeconds(60));
    return papers.withSight(Optional.of(sight.sign(service)));
  }

  private static Audience caller() {
    return Audience.caller(new DistinguishedName("/CN=Alice"), "demo");
  }

  private String refused(SignedImage papers) throws Exception {
    return refused(LATER, papers, caller());
  }

  private String refused(Duration ahead, SignedImage papers, Audience audience) throws Exception {
    try (CertificateDirectory paths = paths()) {
      return assertThrows(
              ImageRefusedException.class,
              () -> verifier(paths, ahead).verifyPapers(papers, audience))
          .code();
    }
  }

  private VerifiedImage boots(Duration ahead, SignedImage papers) throws Exception {
    try (CertificateDirectory paths = paths()) {
      return verifier(paths, ahead).verify(papers, disk, caller());
    }
  }

  private ImageVerifier verifier(CertificateDirectory present, Duration ahead) {
    PathValidator paths =
        ahead.isZero() ? present : new PathsAt(present, Instant.now().plus(ahead));
    ImagePolicy policy =
        new ImagePolicy(
            TestPolicies.content(bob, "demo")
                .withExpiredSigners(rule, Set.of(DistinguishedName.ofSubject(repository.leaf()))),
            Digest.sha256Of(new byte[0]));
    return new ImageVerifier(
        paths,
        () -> policy,
        Clock.offset(Clock.systemUTC(), ahead),
        Thoroughness.AT_BOOT,
        new StatedSights(paths, DistinguishedName.ofSubject(service.leaf())));
  }

  private CertificateDirectory paths() throws Exception {
    return CertificateDirectory.open(
        pki.caDirectory(),
        PathRules.strict().rememberingIn(directory.resolve("revocations-seen")),
        Duration.ofDays(1),
        Clock.systemUTC());
  }
}
