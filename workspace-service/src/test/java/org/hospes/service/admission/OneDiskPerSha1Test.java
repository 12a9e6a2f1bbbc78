package org.hospes.service.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.Thoroughness;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OneDiskPerSha1Test {
  @TempDir Path folder;

  private final Map<Digest, Digest> noted = new ConcurrentHashMap<>();
  private final OneDiskPerSha1 site =
      new OneDiskPerSha1(
          (sha1, sha256) -> {
            Digest before = noted.putIfAbsent(sha1, sha256);
            return before == null ? sha256 : before;
          });
  private Credential bob;
  private PathValidator paths;
  private Path disk;

  @BeforeEach
  void open() {
    TestPki pki = TestPki.create(folder.resolve("pki"));
    bob = pki.user("Bob Builder");
    paths = pki.validator();
    disk = TestDisks.mbr(folder.resolve("disk"), 1 << 20, 5);
  }

  @AfterEach
  void close() {
    paths.close();
  }

  private VerifiedPapers judged(SignedImage image) throws ImageRefusedException {
    ImagePolicy policy = TestPolicies.trusting(bob, "*");
    return new ImageVerifier(paths, () -> policy, Clock.systemUTC(), Thoroughness.AT_BOOT)
        .verifyPapers(image, Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
  }

  private VerifiedPapers admitted(SignedImage image) throws ImageRefusedException {
    return site.require(image, judged(image));
  }

  private SignedImage signed(Path of, SignatureForm form) {
    return TestSignatures.sign(of, "sl6", "1", form, bob);
  }

  /** A manifest, which nobody signs under a classic form, that names another disk's SHA-256. */
  private SignedImage collidingWith(SignedImage image) throws Exception {
    Path other = TestDisks.mbr(folder.resolve("other"), 1 << 20, 6);
    Manifest theirs = ManifestFormat.parse(signed(other, SignatureForm.CLASSIC_SHA1).manifest());
    Manifest ours = ManifestFormat.parse(image.manifest());
    return new SignedImage(
        ManifestFormat.write(Manifests.withSha1(theirs, ours.sha1())),
        SignatureForm.CLASSIC_SHA1,
        image.signature(),
        image.chain());
  }

  @Test
  void aSecondDiskUnderOneSignatureIsRefused() throws Exception {
    SignedImage image = signed(disk, SignatureForm.CLASSIC_SHA1);
    VerifiedPapers first = judged(image);
    assertSame(first, site.require(image, first));
    admitted(image);
    SignedImage forged = collidingWith(image);
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> admitted(forged));
    assertEquals("image.digest.collision", refused.code());
    assertEquals(first.manifest().sha256().toString(), refused.facts().get("expected"));
    assertEquals(
        ManifestFormat.parse(forged.manifest()).sha256().toString(), refused.facts().get("found"));
    admitted(image);
  }

  @Test
  void whatNobodySignedTakesNoSha1() throws Exception {
    SignedImage image = signed(disk, SignatureForm.CLASSIC_SHA1);
    SignedImage forged = collidingWith(image);
    SignedImage unsigned =
        new SignedImage(
            forged.manifest(),
            forged.form(),
            TestSignatures.classic(Files.readAllBytes(folder.resolve("other")), image.form(), bob),
            forged.chain());
    ImageRefusedException refused =
        assertThrows(ImageRefusedException.class, () -> admitted(unsigned));
    assertEquals("image.signature.invalid", refused.code());
    assertTrue(noted.isEmpty());
    admitted(image);
  }

  @ParameterizedTest
  @EnumSource(
      value = SignatureForm.class,
      names = {"CMS", "CLASSIC_SHA256"})
  void otherFormsNoteNothing(SignatureForm form) throws Exception {
    admitted(signed(disk, form));
    assertTrue(noted.isEmpty());
  }
}
