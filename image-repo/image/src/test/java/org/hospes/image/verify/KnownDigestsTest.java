package org.hospes.image.verify;

import static org.hospes.image.Digest.Algorithm.SHA1;
import static org.hospes.image.Digest.Algorithm.SHA256;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.testimages.Manifests;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestPolicies;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a remembered digest saves, and what it never lets through. */
class KnownDigestsTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir Path directory;
  private final InMemoryPairs pairs = new InMemoryPairs();
  private final HeldFiles held = new HeldFiles();
  private EnforcedDigests enforced = EnforcedDigests.NONE;
  private TestPki pki;
  private Credential bob;
  private CertificateDirectory paths;
  private Path disk;
  private SignedImage image;
  private Manifest manifest;

  @BeforeEach
  void publish() throws Exception {
    pki = TestPki.create(directory.resolve("pki"));
    bob = pki.user("Bob Builder");
    paths = pki.validator();
    disk = TestDisks.mbr(directory.resolve("disk"), 2 << 20, 5);
    image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CLASSIC_SHA1, bob);
    manifest = ManifestFormat.parse(image.manifest());
  }

  @AfterEach
  void close() {
    paths.close();
  }

  private VerifiedImage verify(Thoroughness thoroughness, SignedImage papers, Path file)
      throws Exception {
    ImagePolicy policy = TestPolicies.trusting(bob, "demo");
    return new ImageVerifier(paths, () -> policy, Clock.fixed(NOW, ZoneOffset.UTC), thoroughness)
        .verify(
            papers,
            file,
            Audience.caller(new DistinguishedName("/CN=Alice"), "demo"),
            new KnownDigests(pairs, enforced));
  }

  private String refuse(Thoroughness thoroughness, SignedImage papers, Path file) {
    return assertThrows(ImageRefusedException.class, () -> verify(thoroughness, papers, file))
        .code();
  }

  @Test
  void whatArrivedUnderSha1BootsByOneDigest() throws Exception {
    assertEquals(Set.of(SHA1, SHA256), verify(Thoroughness.ON_ARRIVAL, image, disk).hashed());
    assertEquals(Map.of(manifest.sha1(), manifest.sha256()), pairs.known);
    VerifiedImage booted = verify(Thoroughness.AT_BOOT, image, disk);
    assertEquals(Set.of(SHA256), booted.hashed());
    assertEquals(manifest.sha256(), booted.digest());
  }

  @Test
  void withoutThePairBothAreComputedAndRemembered() throws Exception {
    assertEquals(Set.of(SHA1, SHA256), verify(Thoroughness.AT_BOOT, image, disk).hashed());
    assertEquals(Map.of(manifest.sha1(), manifest.sha256()), pairs.known);
  }

  @Test
  void aRefusedImageIsNotRemembered() {
    SignedImage forged =
        TestSignatures.sign(
            disk,
            manifest,
            SignatureForm.CLASSIC_SHA1,
            new Credential(bob.chain(), pki.user("Eve").key(), "stolen certificate"));
    for (Thoroughness each : Thoroughness.values()) {
      assertEquals("image.signature.invalid", refuse(each, forged, disk));
    }
    assertEquals(Map.of(), pairs.known);
  }

  @Test
  void thePairStandsInForTheDigestAndNotForTheSignature() throws Exception {
    verify(Thoroughness.ON_ARRIVAL, image, disk);
    byte[] signature = image.signature();
    signature[20] ^= 1;
    SignedImage spoilt = new SignedImage(image.manifest(), image.form(), signature, image.chain());
    assertEquals("image.signature.invalid", refuse(Thoroughness.AT_BOOT, spoilt, disk));
    pki.revoke(bob);
    paths.close();
    paths = pki.validator();
    assertEquals("image.signer.path", refuse(Thoroughness.AT_BOOT, image, disk));
  }

  @Test
  void oneFlippedBitIsFoundAlthoughThePairIsKnown() throws Exception {
    verify(Thoroughness.ON_ARRIVAL, image, disk);
    byte[] bytes = Files.readAllBytes(disk);
    bytes[1_000_000] ^= 4;
    Files.write(disk, bytes);
    assertEquals("image.digest.mismatch", refuse(Thoroughness.AT_BOOT, image, disk));
  }

  @ParameterizedTest
  @EnumSource(names = {"ON_ARRIVAL", "AT_BOOT"})
  void aSecondDiskUnderOneSha1IsRefused(Thoroughness thoroughness) {
    pairs.known.put(manifest.sha1(), Digest.sha256Of(new byte[] {1}));
    assertEquals("image.digest.collision", refuse(thoroughness, image, disk));
  }

  @Test
  void anotherDiskDoesNotBootByTheSignatureAndThePairOfThisOne() throws Exception {
    verify(Thoroughness.ON_ARRIVAL, image, disk);
    Path other = TestDisks.mbr(directory.resolve("other"), 2 << 20, 6);
    SignedImage others = TestSignatures.sign(other, "a", "1", SignatureForm.CLASSIC_SHA1, bob);
    Manifest lying = Manifests.withSha1(ManifestFormat.parse(others.manifest()), manifest.sha1());
    SignedImage mixed =
        new SignedImage(
            ManifestFormat.write(lying), image.form(), image.signature(), image.chain());
    for (Thoroughness each : Thoroughness.values()) {
      assertEquals("image.digest.mismatch", refuse(each, mixed, other));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CLASSIC_SHA256", "CMS"})
  void whatIsSignedOverSha256NeedsNoSha1AtBoot(SignatureForm form) throws Exception {
    SignedImage papers = TestSignatures.sign(disk, "a", "1", form, bob);
    assertEquals(Set.of(SHA1, SHA256), verify(Thoroughness.ON_ARRIVAL, papers, disk).hashed());
    assertEquals(Set.of(SHA256), verify(Thoroughness.AT_BOOT, papers, disk).hashed());
    assertEquals(Map.of(), pairs.known, "what was not looked at for collisions is not remembered");
  }

  @ParameterizedTest
  @EnumSource
  void aManifestWithAnotherSha1IsRefusedWhenBytesCome(SignatureForm form) {
    Manifest lying = Manifests.withSha1(manifest, Digest.sha1(new byte[20]));
    SignedImage papers = TestSignatures.sign(disk, lying, form, bob);
    assertEquals("image.digest.mismatch", refuse(Thoroughness.ON_ARRIVAL, papers, disk));
  }

  @Test
  void aDiskWithTheMarksOfACollisionIsRefusedWheneverSha1IsComputed() throws Exception {
    byte[] marked = TestDisks.collidingWithAnother();
    Files.write(disk, marked);
    Digest sha256 = Digest.sha256Of(marked);
    Digest sha1 = Digest.sha1(java.security.MessageDigest.getInstance("SHA-1").digest(marked));
    Manifest described = Manifests.ofRawBytes(manifest, marked.length, sha1, sha256);
    SignedImage papers = TestSignatures.sign(disk, described, SignatureForm.CLASSIC_SHA1, bob);
    for (Thoroughness each : Thoroughness.values()) {
      assertEquals("image.sha1.collision", refuse(each, papers, disk));
    }
  }

  /** Every file is held to what was remembered of it. */
  private static final class HeldFiles implements EnforcedDigests {
    private final Map<Path, Digest> known = new HashMap<>();

    @Override
    public Optional<Digest> sha256Of(Path file) {
      return Optional.ofNullable(known.get(file));
    }

    @Override
    public void remember(Path file, Digest sha256) {
      known.put(file, sha256);
    }
  }

  @Test
  void aFileThatTheKernelHoldsIsHashedWhenItComesAndNotAtBoot() throws Exception {
    enforced = held;
    assertEquals(Set.of(SHA1, SHA256), verify(Thoroughness.ON_ARRIVAL, image, disk).hashed());
    assertEquals(Map.of(disk, manifest.sha256()), held.known);
    assertEquals(Set.of(SHA1, SHA256), verify(Thoroughness.ON_ARRIVAL, image, disk).hashed());
    VerifiedImage booted = verify(Thoroughness.AT_BOOT, image, disk);
    assertEquals(Set.of(), booted.hashed());
    assertEquals(manifest.sha256(), booted.digest());
  }

  @Test
  void aFileThatIsHeldToOtherBytesIsRefused() {
    enforced = held;
    pairs.known.put(manifest.sha1(), manifest.sha256());
    held.known.put(disk, Digest.sha256Of(new byte[] {1}));
    assertEquals("image.digest.mismatch", refuse(Thoroughness.AT_BOOT, image, disk));
  }

  @Test
  void aFileThatIsHeldIsHashedForASha1ThatIsNotKnown() throws Exception {
    enforced = held;
    held.known.put(disk, manifest.sha256());
    assertEquals(Set.of(SHA1, SHA256), verify(Thoroughness.AT_BOOT, image, disk).hashed());
    assertEquals(Set.of(), verify(Thoroughness.AT_BOOT, image, disk).hashed());
  }

  @Test
  void nothingElseIsLeftOutForAFileThatIsHeld() throws Exception {
    enforced = held;
    verify(Thoroughness.ON_ARRIVAL, image, disk);
    byte[] signature = image.signature();
    signature[20] ^= 1;
    SignedImage spoilt = new SignedImage(image.manifest(), image.form(), signature, image.chain());
    assertEquals("image.signature.invalid", refuse(Thoroughness.AT_BOOT, spoilt, disk));
    Manifest longer = Manifests.ofRawBytes(manifest, 3 << 20, manifest.sha1(), manifest.sha256());
    SignedImage lying = TestSignatures.sign(disk, longer, SignatureForm.CLASSIC_SHA1, bob);
    assertEquals("image.manifest.disagrees", refuse(Thoroughness.AT_BOOT, lying, disk));
  }
}
