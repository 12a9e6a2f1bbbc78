package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.EndorsementRule;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.policy.PolicyContent;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SightStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestPolicies;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
import org.hospes.image.verify.StatedSights;
import org.hospes.image.verify.Thoroughness;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.node.app.NodeParts;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.imagecache.ImageJudge;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.PathsAt;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Guests that outlive the papers they were ordered with: their image is judged by what others say
 * of it at their next start. Certificates, signatures, policy and judge are the real ones.
 */
class NewerPapersTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final Duration LATER = Duration.ofHours(2);
  private static final byte[] WRITTEN = "what the guest wrote".getBytes(UTF_8);

  @TempDir Path root;
  private final Instant now = Instant.now();
  private final Instant end = now.plus(Duration.ofHours(1));
  private volatile Duration ahead = Duration.ZERO;
  private volatile PolicyContent policy;
  private TestPki pki;
  private CertificateDirectory paths;
  private Credential bob;
  private Credential repository;
  private Credential service;
  private Path disk;
  private SignedImage image;
  private TestNode node;
  private UUID id;

  @BeforeEach
  void raise() {
    pki = TestPki.create(root.resolve("pki"));
    bob = pki.issue("/DC=org/DC=hospes/CN=Bob", now.minus(Duration.ofHours(1)), end);
    repository = pki.host("repo.example.org");
    service = host(now.minus(Duration.ofHours(1)), end);
    paths = pki.validator();
    disk = TestDisks.mbr(root.resolve("disk"), 1 << 20, 5);
    image = TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CMS, bob);
    policy =
        TestPolicies.content(bob, "demo")
            .withExpiredSigners(ImagePolicy.ExpiredSigners.COUNTERSIGNED, Set.of(name(repository)));
    node = new TestNode(root.resolve("node"));
    node.images.hold(disk);
    node.judge = Optional.of(new Judge());
    restart();
  }

  @AfterEach
  void takeDown() {
    node.close();
    paths.close();
  }

  /** The real one, at a moment that a test moves. */
  private final class Judge implements ImageJudge {
    private ImageJudge now() {
      PathValidator then = ahead.isZero() ? paths : new PathsAt(paths, Instant.now().plus(ahead));
      ImageVerifier verifier =
          new ImageVerifier(
              then,
              () -> new ImagePolicy(policy, Digest.sha256Of(new byte[0])),
              Clock.offset(Clock.systemUTC(), ahead),
              Thoroughness.AT_BOOT,
              new StatedSights(then, name(service)));
      return NodeParts.judge(verifier, verifier);
    }

    @Override
    public VerifiedPapers papers(SignedImage papers, Audience audience)
        throws ImageRefusedException {
      return now().papers(papers, audience);
    }

    @Override
    public VerifiedImage image(
        SignedImage papers, OpenDisk file, Audience audience, boolean arrived, KnownDigests known)
        throws ImageRefusedException, java.io.IOException {
      return now().image(papers, file, audience, arrived, known);
    }
  }

  private static DistinguishedName name(Credential credential) {
    return DistinguishedName.ofSubject(credential.leaf());
  }

  private Credential host(Instant from, Instant to) {
    return pki.issue("/DC=org/DC=hospes/CN=service.example.org", from, to);
  }

  private void restart() {
    node.stop();
    node.start(JournalWatcher.NONE);
  }

  private SignedImage published() throws GeneralSecurityException {
    return image.withPublication(
        Optional.of(
            new PublicationStatement("prod-web", "1", image.form(), SignedPapers.of(image), now)
                .sign(repository)));
  }

  private SignedImage seen(SignedImage papers, Credential by) throws GeneralSecurityException {
    Statement sight =
        new SightStatement(
                papers.publication().orElseThrow().digest(),
                SignedPapers.of(papers),
                now.plusSeconds(60))
            .sign(by);
    return papers.withSight(Optional.of(sight));
  }

  private byte[] by(Credential endorser) throws GeneralSecurityException {
    return CmsSignatures.sign(image.manifest(), endorser);
  }

  private void endorsedBy(int atLeast, Credential... endorsers) {
    policy =
        policy.withEndorsements(
            List.of(
                new EndorsementRule(
                    Set.of("prod-*"),
                    Stream.of(endorsers).map(NewerPapersTest::name).collect(Collectors.toSet()),
                    atLeast)));
  }

  private GuestView settled() throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), () -> "it goes on for ever: " + node.guests.view(id));
    return node.guests.view(id);
  }

  private GuestView until(Predicate<GuestView> wanted) {
    long over = System.nanoTime() + PATIENT.toNanos();
    GuestView view = node.guests.view(id);
    while (!wanted.test(view)) {
      assertTrue(System.nanoTime() < over, "stands at " + view);
      LockSupport.parkNanos(1_000_000);
      view = node.guests.view(id);
    }
    return view;
  }

  private Path written() {
    return node.root.resolve("guests").resolve(id.toString()).resolve("disk.qcow2");
  }

  private void running(SignedImage papers) throws Exception {
    GuestOrder order = node.order(papers);
    id = order.id();
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled().phase());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled().phase());
    Files.write(written(), WRITTEN);
  }

  private void stopped(SignedImage papers) throws Exception {
    running(papers);
    node.guests.stop(id, Duration.ZERO);
    assertEquals(GuestPhase.STOPPED, settled().phase());
  }

  private void start(SignedImage papers) throws GuestFailedException {
    node.guests.start(id, Optional.empty(), Optional.of(papers));
  }

  private void runsWithItsDisk() throws Exception {
    assertEquals(GuestPhase.RUNNING, until(v -> v.phase() == GuestPhase.RUNNING).phase());
    assertEquals(GuestPhase.RUNNING, settled().phase());
    assertArrayEquals(WRITTEN, Files.readAllBytes(written()));
  }

  private static Optional<String> setback(GuestView view) {
    return view.setback().map(Failure::code);
  }

  @Test
  void aSightByTheRenewedHostCertificateCounts() throws Exception {
    SignedImage papers = published();
    stopped(seen(papers, service));
    ahead = LATER;
    node.guests.start(id);
    GuestView waits = until(view -> view.setback().isPresent());
    assertEquals(GuestPhase.STARTING, waits.phase());
    assertEquals(Optional.of("image.signer.expired.no-sight"), setback(waits));

    Credential renewed = host(now, now.plus(Duration.ofDays(1)));
    start(seen(papers, renewed));
    runsWithItsDisk();
    restart();
    assertEquals(GuestPhase.RUNNING, settled().phase());
    assertTrue(
        node.guests.view(id).record().orElseThrow().order().image().sight().isPresent(),
        "it is in the journal");
  }

  @Test
  void whatWasNotPublishedWhenItWasOrderedMayBeSince() throws Exception {
    stopped(image);
    ahead = LATER;
    start(seen(published(), host(now, now.plus(Duration.ofDays(1)))));
    runsWithItsDisk();
  }

  @Test
  void aRenewedEndorsementCounts() throws Exception {
    bob = pki.user("Bob");
    image = TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CMS, bob);
    Credential ann = pki.issue("/DC=org/DC=hospes/CN=Ann", now.minus(Duration.ofHours(1)), end);
    Credential carl = pki.user("Carl");
    endorsedBy(2, ann, carl, pki.user("Dora"));
    SignedImage papers = image.withEndorsements(List.of(by(ann), by(carl)));
    stopped(papers);
    ahead = LATER;
    node.guests.start(id);
    assertEquals(
        Optional.of("image.endorsements.missing"),
        setback(until(view -> view.setback().isPresent())));

    Credential again = pki.named("/DC=org/DC=hospes/CN=Ann");
    start(image.withEndorsements(List.of(by(again), by(ann), by(carl))));
    runsWithItsDisk();
  }

  @Test
  void aRuleThatCameLaterIsMetByEndorsementsThatCameLater() throws Exception {
    stopped(image);
    Credential ann = pki.user("Ann");
    endorsedBy(1, ann);
    node.guests.start(id);
    GuestView refused = settled();
    assertEquals(GuestPhase.STOPPED, refused.phase());
    assertEquals(Optional.of("image.endorsements.missing"), setback(refused));

    start(image);
    assertEquals(GuestPhase.STOPPED, settled().phase(), "nobody has endorsed it yet");
    start(image.withEndorsements(List.of(by(ann))));
    runsWithItsDisk();
  }

  @Test
  void oneThatRebootsItselfIsJudgedByTheNewestPapersThatCame() throws Exception {
    Credential ann = pki.user("Ann");
    running(image);
    // As an order that is told again brings them, for the sake of its lease.
    node.guests.prepare(
        node.guests
            .view(id)
            .record()
            .orElseThrow()
            .order()
            .withImage(image.withEndorsements(List.of(by(ann)))));
    endorsedBy(1, ann);
    node.hypervisor.guestGoes(id, GuestEnd.REBOOTED);
    node.watch.look();
    runsWithItsDisk();
  }

  @Test
  void guestsThatAreToldOfAreJudgedAnewByPapersThatCame() throws Exception {
    Credential ann = pki.user("Ann");
    GuestPapers watch =
        new GuestPapers(node.guests, new Judge(), () -> true, AuditTrail.NONE, node.clock);
    running(image);
    watch.look("trust");
    endorsedBy(1, ann);
    assertTrue(watch.look("trust with a rule"));
    assertEquals(
        Optional.of("image.endorsements.missing"),
        node.guests.view(id).imageRefusal().map(Failure::code));
    start(image.withEndorsements(List.of(by(ann))));
    assertTrue(watch.look("trust with a rule"));
    assertEquals(Optional.empty(), node.guests.view(id).imageRefusal());
  }

  @Test
  void nobodySmugglesInAnotherImage() throws Exception {
    bob = pki.user("Bob");
    image = TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CMS, bob);
    stopped(image);
    Credential mallory = pki.user("Mallory");
    SignedImage signedAgain = TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CMS, bob);
    List<SignedImage> others =
        List.of(
            TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CMS, mallory),
            TestSignatures.sign(disk, "prod-db", "1", SignatureForm.CMS, bob),
            TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CLASSIC_SHA256, bob),
            new SignedImage(
                image.manifest(), image.form(), signedAgain.signature(), mallory.chain()),
            new SignedImage(
                image.manifest(), SignatureForm.CLASSIC_SHA256, image.signature(), image.chain()));
    for (SignedImage other : others) {
      GuestFailedException refused = assertThrows(GuestFailedException.class, () -> start(other));
      assertEquals("guest.other-order", refused.failure().code());
      GuestOrder order = node.guests.view(id).record().orElseThrow().order();
      assertEquals(
          "guest.other-order",
          assertThrows(
                  GuestFailedException.class, () -> node.guests.prepare(order.withImage(other)))
              .failure()
              .code());
      assertEquals(GuestPhase.STOPPED, settled().phase());
      assertTrue(order.image().sameSignature(image));
    }
    start(image);
    runsWithItsDisk();
  }

  @Test
  void wordsThatAreForgedDoNotHelp() throws Exception {
    SignedImage papers = published();
    stopped(seen(papers, service));
    ahead = LATER;
    start(seen(papers, pki.host("other.example.org")));
    assertEquals(
        Optional.of("image.signer.expired.no-sight"),
        setback(until(view -> view.setback().isPresent())));
    assertEquals(GuestPhase.STARTING, node.guests.view(id).phase());
    assertArrayEquals(WRITTEN, Files.readAllBytes(written()));
  }
}
