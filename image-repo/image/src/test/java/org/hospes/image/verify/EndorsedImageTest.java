package org.hospes.image.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.EndorsementRule;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestPolicies;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Endorsements with real signatures: whose count, and why those of others do not. */
class EndorsedImageTest {
  @TempDir Path directory;
  private TestPki pki;
  private Credential bob;
  private Credential ann;
  private Credential carl;
  private Credential old;
  private CertificateDirectory paths;
  private SignedImage image;
  private ImagePolicy policy;

  @BeforeEach
  void publish() {
    pki = TestPki.create(directory.resolve("pki"));
    bob = pki.user("Bob Builder");
    ann = pki.user("Ann");
    carl = pki.user("Carl");
    old = pki.expired("Old");
    paths = pki.validator();
    Path disk = TestDisks.mbr(directory.resolve("disk"), 2 << 20, 5);
    image = TestSignatures.sign(disk, "prod-web", "1", SignatureForm.CMS, bob);
    policy =
        new ImagePolicy(
            TestPolicies.content(bob, "demo")
                .withEndorsements(
                    List.of(
                        new EndorsementRule(
                            Set.of("prod-*"),
                            Stream.of(ann, carl, old)
                                .map(who -> DistinguishedName.ofSubject(who.leaf()))
                                .collect(Collectors.toSet()),
                            2))),
            Digest.sha256Of(new byte[0]));
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @Test
  void twoPeopleMakeItRun() throws Exception {
    VerifiedPapers papers = judge(image(by(ann), by(carl)));
    assertEquals(
        Set.of(DistinguishedName.ofSubject(ann.leaf()), DistinguishedName.ofSubject(carl.leaf())),
        papers.endorsers());
    assertTrue(papers.rule().contains("endorsements: prod-* by 2 of 3"), papers.rule());
  }

  @Test
  void onePersonIsOneHoweverOften() throws Exception {
    Credential again = pki.named(DistinguishedName.ofSubject(ann.leaf()).slash());
    assertEquals("/DC=org/DC=hospes/CN=Ann", refused(by(ann), by(ann), by(again)).get("found"));
    assertEquals(2, judge(image(by(ann), by(ann), by(again), by(carl))).endorsers().size());
  }

  /** What is no endorsement. */
  enum Bad {
    REVOKED,
    EXPIRED,
    OF_A_STRANGER,
    PROXY,
    OF_ANOTHER_MANIFEST,
    WITH_ANOTHERS_CERTIFICATE,
    EMPTY,
    TOO_LONG,
    THE_SIGNATURE_ITSELF
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotGoodDoesNotCountAndSpoilsNothing(Bad bad) throws Exception {
    byte[] endorsement =
        switch (bad) {
          case REVOKED -> {
            pki.revoke(carl);
            paths.refresh();
            yield by(carl);
          }
          case EXPIRED -> by(old);
          case OF_A_STRANGER ->
              by(pki.impostor().named(DistinguishedName.ofSubject(carl.leaf()).slash()));
          case PROXY -> by(pki.proxy(carl, ProxyKind.FULL));
          case OF_ANOTHER_MANIFEST -> CmsSignatures.sign(new byte[] {1}, carl);
          case WITH_ANOTHERS_CERTIFICATE ->
              by(new Credential(carl.chain(), pki.user("Mallory").key(), "stolen certificate"));
          case EMPTY -> new byte[0];
          case TOO_LONG -> new byte[SignedImage.LARGEST_ENDORSEMENT + 1];
          case THE_SIGNATURE_ITSELF -> image.signature();
        };
    var facts = refused(by(ann), endorsement);
    assertEquals("/DC=org/DC=hospes/CN=Ann", facts.get("found"));
    // Bob's own signature is a good one of his, and he is not listed.
    assertEquals(bad != Bad.THE_SIGNATURE_ITSELF, facts.containsKey("not counted"));
    if (bad != Bad.REVOKED) {
      assertEquals(2, judge(image(endorsement, by(ann), by(carl))).endorsers().size());
    }
  }

  @Test
  void noMoreAreLookedAtThanAnImageCarries() throws Exception {
    List<byte[]> many = new ArrayList<>();
    for (int i = 0; i < SignedImage.MOST_ENDORSEMENTS; i++) {
      many.add(new byte[] {1});
    }
    many.add(by(ann));
    many.add(by(carl));
    assertEquals("none", refused(many.toArray(byte[][]::new)).get("found"));
  }

  @Test
  void aRepositoryHearsWhyOneIsNotGood() throws Exception {
    ImageVerifier verifier = verifier();
    assertEquals(DistinguishedName.ofSubject(ann.leaf()), verifier.endorser(image, by(ann)));
    // Made after the end of its certificate.
    assertEquals("image.endorsement.invalid", code(verifier, by(old)));
    pki.revoke(carl);
    paths.refresh();
    assertEquals("image.endorsement.path", code(verifier, by(carl)));
    assertEquals("image.endorsement.proxy", code(verifier, by(pki.proxy(ann, ProxyKind.FULL))));
    assertEquals(
        "image.endorsement.invalid", code(verifier, CmsSignatures.sign(new byte[] {1}, ann)));
  }

  private String code(ImageVerifier verifier, byte[] endorsement) {
    return assertThrows(ImageRefusedException.class, () -> verifier.endorser(image, endorsement))
        .code();
  }

  private byte[] by(Credential who) throws GeneralSecurityException {
    return CmsSignatures.sign(image.manifest(), who);
  }

  private SignedImage image(byte[]... endorsements) {
    return image.withEndorsements(List.of(endorsements));
  }

  private Map<String, String> refused(byte[]... endorsements) {
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> judge(image(endorsements)));
    assertEquals("image.endorsements.missing", refused.code());
    return refused.facts();
  }

  private VerifiedPapers judge(SignedImage papers) throws ImageRefusedException {
    return verifier()
        .verifyPapers(papers, Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
  }

  private ImageVerifier verifier() {
    return new ImageVerifier(paths, () -> policy, Clock.systemUTC(), Thoroughness.AT_BOOT);
  }
}
