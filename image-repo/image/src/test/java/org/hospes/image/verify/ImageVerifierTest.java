package org.hospes.image.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.manifest.ManifestMaker;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.policy.SignerRule;
import org.hospes.image.testimages.Manifests;
import org.hospes.image.testimages.TestDisks;
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

class ImageVerifierTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Audience DEMO = Audience.caller(new DistinguishedName("/CN=Alice"), "demo");

  @TempDir Path directory;
  private TestPki pki;
  private Credential bob;
  private CertificateDirectory paths;
  private Path disk;
  private Set<SignatureForm> forms = EnumSet.allOf(SignatureForm.class);
  private final Set<Digest> refusedDisks = new HashSet<>();

  @BeforeEach
  void publish() {
    pki = TestPki.create(directory.resolve("pki"));
    bob = pki.user("Bob Builder");
    paths = pki.validator();
    disk = TestDisks.mbr(directory.resolve("disk"), 2 << 20, 5);
  }

  @AfterEach
  void close() {
    paths.close();
  }

  @ParameterizedTest
  @EnumSource
  void takesEveryFormAtPublishAndAtBoot(SignatureForm form) throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    for (Thoroughness thoroughness : Thoroughness.values()) {
      VerifiedImage verified = verifier(thoroughness).verify(image, disk, DEMO);
      assertEquals(Digest.sha256Of(Files.readAllBytes(disk)), verified.digest());
      assertEquals(DistinguishedName.ofSubject(bob.leaf()), verified.signer());
      assertEquals(DiskFormat.RAW, verified.format());
      assertEquals(2 << 20, verified.virtualBytes());
      assertEquals(BootInformation.OWN_LOADER, verified.boot());
      assertEquals(Set.of("demo"), verified.virtualOrganisations());
      assertEquals(FileIdentity.of(disk), verified.file());
    }
  }

  @ParameterizedTest
  @EnumSource
  void takesAQcow2(SignatureForm form) throws Exception {
    TestDisks.write(disk, TestDisks.qcow2(1L << 30));
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    VerifiedImage verified = verifier(Thoroughness.AT_BOOT).verify(image, disk, DEMO);
    assertEquals(DiskFormat.QCOW2, verified.format());
    assertEquals(1L << 30, verified.virtualBytes());
  }

  @ParameterizedTest
  @EnumSource
  void refusesOneFlippedBit(SignatureForm form) throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    byte[] bytes = Files.readAllBytes(disk);
    bytes[1_000_000] ^= 4;
    Files.write(disk, bytes);
    ImageRefusedException refused = refuse(image);
    assertEquals("image.digest.mismatch", refused.code());
    assertEquals(Digest.sha256Of(bytes).toString(), refused.facts().get("found"));
  }

  @ParameterizedTest
  @EnumSource
  void refusesAnotherLength(SignatureForm form) throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    Files.write(disk, new byte[512], StandardOpenOption.APPEND);
    assertEquals("image.manifest.disagrees", refuse(image).code());
  }

  @ParameterizedTest
  @EnumSource
  void refusesASignatureByAnotherKey(SignatureForm form) {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    SignedImage forged =
        TestSignatures.sign(
            disk,
            parse(image),
            form,
            new Credential(bob.chain(), pki.user("Eve").key(), "stolen certificate"));
    assertEquals("image.signature.invalid", refuse(forged).code());
  }

  @ParameterizedTest
  @EnumSource
  void refusesAManifestThatClaimsAnotherSigner(SignatureForm form) {
    Credential eve = pki.user("Eve");
    SignedImage bobs = TestSignatures.sign(disk, "sl6", "1", form, bob);
    SignedImage relabelled = new SignedImage(bobs.manifest(), form, bobs.signature(), eve.chain());
    assertEquals("image.signer.mismatch", refuse(relabelled).code());
  }

  @Test
  void refusesACmsByAnotherCertificateOfTheSameName() {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, bob);
    Credential again = pki.user("Bob Builder");
    SignedImage mixed =
        new SignedImage(image.manifest(), image.form(), image.signature(), again.chain());
    assertEquals("image.signature.invalid", refuse(mixed).code());
  }

  @ParameterizedTest
  @EnumSource
  void refusesWhomThePolicyDoesNotList(SignatureForm form) {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, pki.user("Eve"));
    assertEquals("image.signer.untrusted", refuse(image).code());
  }

  @Test
  void refusesRevokedExpiredAndForeignSigners() {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, bob);
    pki.revoke(bob);
    paths.close();
    paths = pki.validator();
    assertEquals("path.revoked", refuse(image).facts().get("problem"));
    Credential late = pki.expired("Late Builder");
    assertEquals(
        "image.signer.path",
        refuse(TestSignatures.sign(disk, "a", "1", SignatureForm.CLASSIC_SHA256, late)).code());
    Credential stranger = pki.otherCa().user("Bob Builder");
    assertEquals(
        "path.ca.unknown",
        refuse(TestSignatures.sign(disk, "a", "1", SignatureForm.CLASSIC_SHA256, stranger))
            .facts()
            .get("problem"));
  }

  @Test
  void refusesAProxyAsSigner() {
    Credential proxy = pki.proxy(bob, ProxyKind.FULL);
    Manifest manifest = parse(TestSignatures.sign(disk, "a", "1", SignatureForm.CMS, bob));
    for (SignatureForm form : SignatureForm.values()) {
      assertEquals(
          "image.signer.proxy", refuse(TestSignatures.sign(disk, manifest, form, proxy)).code());
    }
  }

  @Test
  void refusesAFormThatTheSiteDoesNotTakeAndADiskItNamed() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "a", "1", SignatureForm.CLASSIC_SHA1, bob);
    forms = EnumSet.of(SignatureForm.CMS);
    assertEquals("image.form.refused", refuse(image).code());
    forms = EnumSet.allOf(SignatureForm.class);
    refusedDisks.add(Digest.sha256Of(Files.readAllBytes(disk)));
    assertEquals("image.digest.refused", refuse(image).code());
  }

  @Test
  void refusesACallerOfAnotherOrganisation() {
    SignedImage image = TestSignatures.sign(disk, "a", "1", SignatureForm.CLASSIC_SHA1, bob);
    ImageRefusedException refused =
        assertThrows(
            ImageRefusedException.class,
            () ->
                verifier(Thoroughness.AT_BOOT)
                    .verify(
                        image, disk, Audience.caller(new DistinguishedName("/CN=Alice"), "atlas")));
    assertEquals("image.vo.mismatch", refused.code());
  }

  @Test
  void anOrganisationInAnUnsignedManifestCountsForNothing() throws Exception {
    SignedImage image =
        TestSignatures.sign(disk, "a", "1", Optional.of("atlas"), SignatureForm.CLASSIC_SHA1, bob);
    assertEquals(
        Set.of("demo"),
        verifier(Thoroughness.AT_BOOT).verify(image, disk, DEMO).virtualOrganisations());
    SignedImage signed =
        TestSignatures.sign(disk, "a", "1", Optional.of("atlas"), SignatureForm.CMS, bob);
    assertEquals("image.vo.mismatch", refuse(signed).code());
  }

  @Test
  void aKernelBesideAClassicSignatureIsRefusedAndASignedOneIsTaken() throws Exception {
    Manifest manifest =
        Manifests.withBoot(
            describe(),
            new BootInformation(
                BootInformation.Mode.SITE_KERNEL, Optional.of("vmlinuz"), Optional.of("ro")));
    assertEquals(
        "image.boot.unsigned",
        refuse(TestSignatures.sign(disk, manifest, SignatureForm.CLASSIC_SHA256, bob)).code());
    SignedImage signed = TestSignatures.sign(disk, manifest, SignatureForm.CMS, bob);
    assertEquals(manifest.boot(), verifier(Thoroughness.AT_BOOT).verify(signed, disk, DEMO).boot());
  }

  @ParameterizedTest
  @EnumSource
  void refusesAManifestThatDisagreesWithTheDisk(SignatureForm form) throws Exception {
    Manifest otherFormat = Manifests.withFormat(describe(), DiskFormat.QCOW2);
    ImageRefusedException refused = refuse(TestSignatures.sign(disk, otherFormat, form, bob));
    assertEquals("image.manifest.disagrees", refused.code());
    assertEquals("QCOW2", refused.facts().get("expected"));
    assertEquals("RAW", refused.facts().get("found"));
  }

  @Test
  void publishingChecksTheChunksToo() throws Exception {
    Manifest manifest = describe();
    Manifest otherChunks =
        Manifests.withChunks(manifest, List.of(manifest.sha256(), manifest.sha256()));
    SignedImage image = TestSignatures.sign(disk, otherChunks, SignatureForm.CLASSIC_SHA1, bob);
    assertEquals(
        "image.digest.mismatch",
        assertThrows(
                ImageRefusedException.class,
                () -> verifier(Thoroughness.AT_PUBLISH).verify(image, disk, DEMO))
            .code());
  }

  @ParameterizedTest
  @EnumSource(names = {"AT_PUBLISH", "ON_ARRIVAL"})
  void aDiskWithTheMarksOfACollisionIsRefusedWhereSha1IsSigned(Thoroughness thoroughness)
      throws Exception {
    byte[] marked = TestDisks.collidingWithAnother();
    Files.write(disk, marked);
    SignedImage image =
        TestSignatures.sign(disk, manifestOf(marked), SignatureForm.CLASSIC_SHA1, bob);
    ImageRefusedException refused =
        assertThrows(
            ImageRefusedException.class, () -> verifier(thoroughness).verify(image, disk, DEMO));
    assertEquals("image.sha1.collision", refused.code());
  }

  @ParameterizedTest
  @EnumSource
  void aDiskWithTheMarksOfACollisionIsNotPublishedWhateverWasSigned(SignatureForm form)
      throws Exception {
    byte[] marked = TestDisks.collidingWithAnother();
    Files.write(disk, marked);
    SignedImage image = TestSignatures.sign(disk, manifestOf(marked), form, bob);
    ImageRefusedException refused =
        assertThrows(
            ImageRefusedException.class,
            () -> verifier(Thoroughness.AT_PUBLISH).verify(image, disk, DEMO));
    assertEquals("image.sha1.collision", refused.code());
    assertTrue(refused.facts().get("attack").contains("SHAttered"), refused.facts()::toString);
  }

  @Test
  void theSignedAttributesOfACmsAreNoDisk() throws Exception {
    SignedImage honest = TestSignatures.sign(disk, "a", "1", SignatureForm.CMS, bob);
    SignerInformation signer =
        new CMSSignedData(new CMSProcessableByteArray(honest.manifest()), honest.signature())
            .getSignerInfos()
            .getSigners()
            .iterator()
            .next();
    byte[] attributes = signer.getEncodedSignedAttributes();
    Files.write(disk, attributes);
    Manifest manifest = manifestOf(attributes);
    SignedImage passedOff =
        new SignedImage(
            ManifestFormat.write(manifest),
            SignatureForm.CLASSIC_SHA256,
            signer.getSignature(),
            bob.chain());
    assertEquals("image.disk.not-a-disk", refuse(passedOff).code());
  }

  @Test
  void aSignedQcow2WithABackingFileIsStillRefused() throws Exception {
    byte[] image = TestDisks.qcow2(1 << 20);
    java.nio.ByteBuffer.wrap(image)
        .putLong(8, 512)
        .putInt(16, 11)
        .put(512, "/etc/shadow".getBytes());
    Files.write(disk, image);
    for (SignatureForm form : SignatureForm.values()) {
      assertEquals(
          "image.disk.backing-file",
          refuse(TestSignatures.sign(disk, manifestOf(image), form, bob)).code());
    }
  }

  @Test
  void doesNotFollowASymbolicLink() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "a", "1", SignatureForm.CMS, bob);
    Path link = Files.createSymbolicLink(directory.resolve("link"), disk);
    assertThrows(
        java.io.IOException.class, () -> verifier(Thoroughness.AT_BOOT).verify(image, link, DEMO));
  }

  private Manifest manifestOf(byte[] bytes) throws Exception {
    return new Manifest(
        "a",
        "1",
        DiskFormat.RAW,
        bytes.length,
        bytes.length,
        Digest.sha1(java.security.MessageDigest.getInstance("SHA-1").digest(bytes)),
        Digest.sha256Of(bytes),
        1 << 20,
        List.of(Digest.sha256Of(bytes)),
        BootInformation.OWN_LOADER,
        DistinguishedName.ofSubject(bob.leaf()).slash(),
        Optional.empty());
  }

  private Manifest describe() throws Exception {
    return ManifestMaker.describe(
        disk,
        "a",
        "1",
        Optional.empty(),
        BootInformation.OWN_LOADER,
        DistinguishedName.ofSubject(bob.leaf()).slash());
  }

  private static Manifest parse(SignedImage image) {
    try {
      return ManifestFormat.parse(image.manifest());
    } catch (ImageRefusedException e) {
      throw new AssertionError(e);
    }
  }

  private ImageRefusedException refuse(SignedImage image) {
    return assertThrows(
        ImageRefusedException.class,
        () -> verifier(Thoroughness.AT_BOOT).verify(image, disk, DEMO));
  }

  private ImageVerifier verifier(Thoroughness thoroughness) {
    ImagePolicy policy =
        new ImagePolicy(
            forms,
            List.of(
                new SignerRule(
                    DistinguishedName.ofSubject(bob.leaf()),
                    Set.of("demo"),
                    EnumSet.allOf(SignatureForm.class))),
            refusedDisks,
            Digest.sha256Of(new byte[0]));
    return new ImageVerifier(paths, () -> policy, Clock.fixed(NOW, ZoneOffset.UTC), thoroughness);
  }
}
