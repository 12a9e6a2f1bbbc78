package org.hospes.image.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problem;
import org.hospes.settings.Problems;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePolicyTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final DistinguishedName BOB = new DistinguishedName("/DC=org/CN=Bob");
  private static final DistinguishedName EVE = new DistinguishedName("/DC=org/CN=Eve");
  private static final DistinguishedName ANN = new DistinguishedName("/DC=org/CN=Ann");
  private static final Digest DISK = Digest.sha256Of(new byte[] {1});
  private static final Digest EVIL = Digest.sha256Of(new byte[] {2});
  private static final KeySize RSA = new KeySize("rsa", 2048);
  private static final String YAML =
      """
      forms: [cms, classic-sha1]
      signers:
        - dn: /DC=org/CN=Bob
          vos: [demo, atlas]
        - dn: CN=Ann,DC=org
          vos: "*"
          forms: [cms]
      refused: ["%s"]
      """
          .formatted(EVIL);

  private final ImagePolicy policy = policy(YAML);

  @Test
  void takesAListedSignerForTheirOrganisations() {
    Decision.Accepted accepted =
        assertInstanceOf(
            Decision.Accepted.class, decide(SignatureForm.CMS, BOB, DISK, null, "demo"));
    assertEquals(Set.of("demo", "atlas"), accepted.virtualOrganisations());
  }

  @Test
  void refusesWhomItDoesNotList() {
    Decision.Refused refused = refused(SignatureForm.CMS, EVE, DISK, null, "demo");
    assertEquals("image.signer.untrusted", refused.code());
    assertEquals(EVE.slash(), refused.facts().get("signer"));
  }

  @Test
  void refusesAFormThatTheSiteOrTheRuleDoesNotTake() {
    assertEquals(
        "image.form.refused",
        refused(SignatureForm.CLASSIC_SHA256, BOB, DISK, null, "demo").code());
    Decision.Refused narrowed = refused(SignatureForm.CLASSIC_SHA1, ANN, DISK, null, "demo");
    assertEquals("image.form.refused", narrowed.code());
    assertEquals("cms", narrowed.facts().get("expected"));
  }

  @Test
  void refusesADiskByItsDigest() {
    assertEquals(
        "image.digest.refused", refused(SignatureForm.CMS, BOB, EVIL, null, "demo").code());
  }

  @Test
  void holdsCallersToTheOrganisationsOfTheSigner() {
    assertEquals("image.vo.mismatch", refused(SignatureForm.CMS, BOB, DISK, null, "cms-vo").code());
    assertEquals(
        "image.vo.mismatch",
        ((Decision.Refused)
                policy.decide(
                    evidence(
                        SignatureForm.CMS, BOB, DISK, null, Audience.caller(ANN, Optional.empty())),
                    NOW))
            .code());
    assertInstanceOf(
        Decision.Accepted.class,
        policy.decide(
            evidence(SignatureForm.CMS, ANN, DISK, null, Audience.caller(ANN, Optional.empty())),
            NOW));
  }

  @Test
  void aSignedManifestNarrowsTheOrganisationsButCannotWidenThem() {
    assertEquals(
        "image.vo.mismatch", refused(SignatureForm.CMS, BOB, DISK, "demo", "atlas").code());
    assertEquals(
        "image.vo.mismatch", refused(SignatureForm.CMS, BOB, DISK, "other", "other").code());
    Decision.Accepted accepted =
        (Decision.Accepted) decide(SignatureForm.CMS, BOB, DISK, "demo", "demo");
    assertEquals(Set.of("demo"), accepted.virtualOrganisations());
  }

  @Test
  void askingForNobodyYetLooksAtTheSignerAlone() {
    assertInstanceOf(
        Decision.Accepted.class,
        policy.decide(evidence(SignatureForm.CMS, BOB, DISK, null, Audience.nobodyYet()), NOW));
  }

  @ParameterizedTest
  @CsvSource({
    "sl6, true",
    "sl60, false",
    "SL6, false",
    "demo-, true",
    "demo-web, true",
    "demo, false",
    ", false"
  })
  void aSignerMayBeTrustedForSomeNamesOnly(String name, boolean trusted) {
    ImagePolicy named =
        policy(
            """
            forms: [cms, classic-sha256]
            signers:
              - {dn: /DC=org/CN=Bob, vos: [demo], names: [sl6, "demo-*"]}
            """);
    Decision decision =
        named.decide(
            new Evidence(
                name == null ? SignatureForm.CLASSIC_SHA256 : SignatureForm.CMS,
                BOB,
                RSA,
                DISK,
                Optional.ofNullable(name).orElse("sl6"),
                Optional.empty(),
                List.of(),
                Audience.caller(ANN, "demo")),
            NOW);
    if (trusted) {
      String rule = assertInstanceOf(Decision.Accepted.class, decision).rule();
      assertEquals("signers: /DC=org/CN=Bob for [demo] names [demo-*, sl6]", rule);
    } else {
      Decision.Refused refused = assertInstanceOf(Decision.Refused.class, decision);
      assertEquals("image.name.refused", refused.code());
      assertEquals("demo-*, sl6", refused.facts().get("expected"));
    }
  }

  @Test
  void guestsOfARevokedSignerAreListedUnlessTheSiteWantsThemEnded() {
    assertFalse(policy(YAML).endsRevoked());
    assertFalse(policy(YAML + "on-revocation: list\n").endsRevoked());
    assertTrue(policy(YAML + "on-revocation: end\n").endsRevoked());
    Problems problems = new Problems();
    String wrong = YAML + "on-revocation: kill\n";
    ImagePolicyFile.parse(wrong.getBytes(StandardCharsets.UTF_8), "policy", problems);
    assertTrue(problems.list().toString().contains("on-revocation"), problems.list()::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "rsa, 2048, false",
    "rsa, 3071, false",
    "rsa, 3072, true",
    "rsa, 4096, true",
    "ec, 256, false",
    "ec, 384, true",
  })
  void keysSmallerThanTheSiteWantsAreRefused(String family, int bits, boolean taken) {
    ImagePolicy strict = policy(YAML + "smallest-keys: {rsa: 3072, ec: 384}\n");
    Decision decision =
        strict.decide(
            new Evidence(
                SignatureForm.CMS,
                BOB,
                new KeySize(family, bits),
                DISK,
                "a",
                Optional.empty(),
                List.of(),
                Audience.caller(ANN, "demo")),
            NOW);
    if (taken) {
      assertInstanceOf(Decision.Accepted.class, decision);
    } else {
      Decision.Refused refused = assertInstanceOf(Decision.Refused.class, decision);
      assertEquals("image.key.small", refused.code());
      assertEquals(family + " " + bits, refused.facts().get("found"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"names: []", "names: [\"a*b\"]", "names: [\"**\"]", "names: [\"a/b\"]"})
  void namesThatMeanNothingAreMistakes(String names) {
    Problems problems = new Problems();
    ImagePolicyFile.parse(
        ("forms: [cms]\nsigners:\n  - {dn: /CN=B, vos: [demo], " + names + "}\n")
            .getBytes(StandardCharsets.UTF_8),
        "policy",
        problems);
    assertEquals(1, problems.list().size(), problems.list()::toString);
  }

  @Test
  void saysThatSha1IsAccepted() {
    assertTrue(policy.acceptsSha1());
    assertTrue(policy.warnings().get(0).contains("SHA-1"));
    ImagePolicy strict = policy(YAML.replace(", classic-sha1", ""));
    assertFalse(strict.acceptsSha1());
    assertEquals(List.of(), strict.warnings());
  }

  @Test
  void itsDigestIsThatOfTheFile() throws Exception {
    assertEquals(Digest.sha256Of(YAML.getBytes(StandardCharsets.UTF_8)), policy.digest());
    assertNotEquals(policy.digest(), policy(YAML + "\n").digest());
  }

  @Test
  void namesEveryMistakeOfAFile(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("image-policy.yaml");
    Files.writeString(
        file,
        """
        forms: [cms, md5]
        signers:
          - dn: Bob
            vos: [demo]
          - dn: /DC=org/CN=Bob
          - dn: /DC=org/CN=Bob
            vos: [demo]
        refused: ["sha1:0000000000000000000000000000000000000000"]
        signer: []
        """);
    Problems problems = new Problems();
    ImagePolicy.read(file, problems);
    assertEquals(
        List.of(1, 3, 5, 6, 8, 9), problems.list().stream().map(Problem::line).sorted().toList());
    assertThrows(InvalidSettingsException.class, () -> ImagePolicy.load(file));
    assertThrows(
        InvalidSettingsException.class, () -> ImagePolicy.load(directory.resolve("missing")));
  }

  private static ImagePolicy policy(String yaml) {
    Problems problems = new Problems();
    ImagePolicy policy =
        ImagePolicyFile.parse(yaml.getBytes(StandardCharsets.UTF_8), "policy", problems);
    assertEquals(List.of(), problems.list());
    return policy;
  }

  private Decision decide(
      SignatureForm form, DistinguishedName signer, Digest disk, String signedVo, String vo) {
    return policy.decide(evidence(form, signer, disk, signedVo, Audience.caller(ANN, vo)), NOW);
  }

  private static Evidence evidence(
      SignatureForm form, DistinguishedName signer, Digest disk, String vo, Audience audience) {
    return new Evidence(
        form, signer, RSA, disk, "sl6", Optional.ofNullable(vo), List.of(), audience);
  }

  private Decision.Refused refused(
      SignatureForm form, DistinguishedName signer, Digest disk, String signedVo, String vo) {
    return assertInstanceOf(Decision.Refused.class, decide(form, signer, disk, signedVo, vo));
  }
}
