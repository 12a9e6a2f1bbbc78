package org.hospes.repo.app;

import static org.hospes.repo.app.RepositorySite.refused;
import static org.hospes.repo.app.RepositorySite.request;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.contract.repository.PublishResponse;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.image.Digest;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.image.verify.DigestPairs;
import org.hospes.image.verify.DigestRecords;
import org.hospes.repo.catalogue.PublicationBook;
import org.hospes.repo.publishing.SignedPairs;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PublishingIT {
  private static final int SIZE = 3 << 20;

  @TempDir Path directory;
  private RepositorySite site;
  private Path disk;

  @BeforeEach
  void start() throws Exception {
    site = new RepositorySite(directory).start();
    disk = TestDisks.mbr(directory.resolve("disk"), SIZE, 1);
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
  }

  @ParameterizedTest
  @EnumSource
  void aBuilderPublishesAndANodeReadsTheVeryPapers(SignatureForm form) throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", form, site.bob);
    PublishResponse published = site.publish(site.bob, "sl6", "1", image, disk);
    assertEquals("/DC=org/DC=hospes/CN=Bob Builder", published.getEntry().getPublisher());
    assertEquals(SIZE, published.getEntry().getSizeBytes());

    Describe describe = new Describe();
    describe.setReference("sl6");
    DescribeResponse described = site.port(site.node).describe(describe);
    assertArrayEquals(image.manifest(), described.getImage().getManifest());
    assertArrayEquals(image.signature(), described.getImage().getSignature());
    assertArrayEquals(
        image.chain().get(0).getEncoded(), described.getImage().getCertificate().get(0));
    assertEquals(
        Digest.sha256Of(Files.readAllBytes(disk)).toString(), described.getEntry().getDigest());
    assertTrue(site.audit().contains("\"event\":\"publish\",\"outcome\":\"accepted\""));
    assertTrue(site.audit().contains("\"rule\":\"signers: "), site.audit());
    assertTrue(site.audit().contains("\"policy\":\"sha256:"), site.audit());
  }

  @Test
  void publishingAgainAnswersTheSameEvenAfterARestart() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    PublishResponse first = site.publish(site.bob, "sl6", "1", image, disk);
    site.restart();
    PublishResponse again = site.port(site.bob).publish(request("sl6", "1", image));
    assertEquals(first.getEntry().getPublishedAt(), again.getEntry().getPublishedAt());
  }

  @Test
  void aVersionNeverChangesItsBytes() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    site.publish(site.bob, "sl6", "1", image, disk);
    Path other = TestDisks.mbr(directory.resolve("other"), SIZE, 2);
    SignedImage changed = TestSignatures.sign(other, "sl6", "1", SignatureForm.CMS, site.bob);
    RefusalException refused = refused(() -> site.publish(site.bob, "sl6", "1", changed, other));
    assertEquals("image.version.exists", refused.code());
    assertEquals(FaultCategory.CONFLICT, refused.category());
  }

  @Test
  void aNameBelongsToItsFirstPublisher() throws Exception {
    SignedImage bobs = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    site.publish(site.bob, "sl6", "1", bobs, disk);
    SignedImage anns = TestSignatures.sign(disk, "sl6", "2", SignatureForm.CMS, site.ann);
    RefusalException refused = refused(() -> site.publish(site.ann, "sl6", "2", anns, disk));
    assertEquals("image.name.taken", refused.code());
    assertEquals("/DC=org/DC=hospes/CN=Bob Builder", refused.facts().get("expected"));
  }

  @Test
  void aDiskThatIsHereIsNotSentAgain() throws Exception {
    site.publish(
        site.bob,
        "sl6",
        "1",
        TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob),
        disk);
    PublishResponse second =
        site.port(site.ann)
            .publish(
                request(
                    "other",
                    "1",
                    TestSignatures.sign(disk, "other", "1", SignatureForm.CMS, site.ann)));
    assertNotNull(second.getEntry());
    assertEquals(1, files("store/disks"));
  }

  @Test
  void aFlippedBitOnTheWayInIsRefusedAndNothingStays() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CLASSIC_SHA1, site.bob);
    byte[] flipped = Files.readAllBytes(disk);
    flipped[2_000_000] ^= 1;
    Path changed = Files.write(directory.resolve("changed"), flipped);
    RefusalException refused = refused(() -> site.publish(site.bob, "sl6", "1", image, changed));
    assertEquals("image.digest.mismatch", refused.code());
    assertEquals(FaultCategory.IMAGE_REFUSED, refused.category());
    assertEquals(Digest.sha256Of(flipped).toString(), refused.facts().get("found"));
    assertEquals(0, files("store/disks"));
    assertEquals(0, files("store/uploads"));
    assertEquals(0, files("store/names"));
    assertTrue(site.audit().contains(refused.reference().orElseThrow()));
  }

  @Test
  void aSha1ThatIsSignedStandsForOneDiskAtTheSite() throws Exception {
    Digest sha256 = Digest.sha256Of(Files.readAllBytes(disk));
    Digest sha1 = Digest.sha1(MessageDigest.getInstance("SHA-1").digest(Files.readAllBytes(disk)));
    Path pairs = directory.resolve("store/sha1");
    SignedImage cms = TestSignatures.sign(disk, "new", "1", SignatureForm.CMS, site.bob);
    site.publish(site.bob, "new", "1", cms, disk);
    assertEquals(0, files("store/sha1"), "nobody signed the SHA-1");
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CLASSIC_SHA1, site.bob);
    site.publish(site.bob, "sl6", "1", image, disk);
    DigestRecords records = new DigestRecords(pairs, "sha1");
    assertEquals(Optional.of(sha256), records.sha256Of(sha1.hex()));
    // As if another disk with the same SHA-1 had come before.
    Digest other = Digest.sha256Of(new byte[1]);
    records.write(sha1.hex(), other);
    SignedImage forged =
        TestSignatures.sign(disk, "sl7", "1", SignatureForm.CLASSIC_SHA1, site.bob);
    RefusalException refused = refused(() -> site.publish(site.bob, "sl7", "1", forged, disk));
    assertEquals("image.digest.collision", refused.code());
    assertEquals(other.toString(), refused.facts().get("expected"));
    assertEquals(sha256.toString(), refused.facts().get("found"));
    SignedImage sound = TestSignatures.sign(disk, "sl7", "1", SignatureForm.CMS, site.bob);
    assertNotNull(site.publish(site.bob, "sl7", "1", sound, disk).getEntry());
  }

  @Test
  void whatWasPublishedBeforePairsWereKeptIsAmongThem() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CLASSIC_SHA1, site.bob);
    site.publish(site.bob, "sl6", "1", image, disk);
    Path names = directory.resolve("store/names");
    DigestPairs pairs =
        SignedPairs.open(
            directory.resolve("anew"), new PublicationBook(names, directory.resolve("incoming")));
    Manifest manifest = ManifestFormat.parse(image.manifest());
    assertEquals(Optional.of(manifest.sha256()), pairs.sha256Of(manifest.sha1()));
  }

  @Test
  void whoIsNotListedMayNotPublishOrSign() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    RefusalException stranger =
        refused(() -> site.port(site.pki.user("Eve")).publish(request("sl6", "1", image)));
    assertEquals("access.publish", stranger.code());
    assertEquals(FaultCategory.NOT_ALLOWED, stranger.category());
    SignedImage eves =
        TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.pki.user("Eve"));
    assertEquals(
        "image.signer.untrusted",
        refused(() -> site.port(site.bob).publish(request("sl6", "1", eves))).code());
  }

  @Test
  void aFullProxyMayPublishAndALimitedOneMayNot() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    assertEquals(
        "access.proxy",
        refused(
                () ->
                    site.port(site.pki.proxy(site.bob, ProxyKind.LIMITED))
                        .publish(request("sl6", "1", image)))
            .code());
    assertNotNull(
        site.publish(site.pki.proxy(site.bob, ProxyKind.FULL), "sl6", "1", image, disk).getEntry());
  }

  @Test
  void anotherNameThanTheSignedOneIsRefused() {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    assertEquals(
        "image.manifest.disagrees",
        refused(() -> site.port(site.bob).publish(request("sl7", "1", image))).code());
  }

  @Test
  void aDiskBeyondTheLimitIsRefusedBeforeItIsSent() throws Exception {
    Path large = TestDisks.mbr(directory.resolve("large"), 65 << 20, 1);
    SignedImage image = TestSignatures.sign(large, "sl6", "1", SignatureForm.CMS, site.bob);
    assertEquals(
        "image.size",
        refused(() -> site.port(site.bob).publish(request("sl6", "1", image))).code());
  }

  @Test
  void aBrokenUploadGoesOnAfterARestart() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    PublishResponse announced = site.port(site.bob).publish(request("sl6", "1", image));
    byte[] bytes = Files.readAllBytes(disk);
    RepositorySite.Answer half =
        site.put(
            site.bob,
            announced.getUpload(),
            Arrays.copyOf(bytes, 1_000_000),
            "bytes 0-999999/" + SIZE);
    assertEquals(204, half.status());
    assertEquals("1000000", half.received());
    site.restart();
    RepositoryPort port = site.port(site.bob);
    PublishResponse again = port.publish(request("sl6", "1", image));
    assertEquals(1_000_000, again.getReceived());
    assertEquals(announced.getUpload(), again.getUpload());
    RepositorySite.Answer wrong =
        site.put(site.bob, again.getUpload(), new byte[1], "bytes 5-5/" + SIZE);
    assertEquals(409, wrong.status());
    assertEquals("1000000", Refusals.fromHttp(409, wrong.body()).facts().get("received"));
    RepositorySite.Answer rest =
        site.put(
            site.bob,
            again.getUpload(),
            Arrays.copyOfRange(bytes, 1_000_000, SIZE),
            "bytes 1000000-" + (SIZE - 1) + "/" + SIZE);
    assertEquals(204, rest.status());
    assertNotNull(port.publish(request("sl6", "1", image)).getEntry());
  }

  @Test
  void nobodySendsBytesForSomebodyElse() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, site.bob);
    PublishResponse announced = site.port(site.bob).publish(request("sl6", "1", image));
    assertNull(announced.getEntry());
    assertEquals(
        404, site.put(site.ann, announced.getUpload(), Files.readAllBytes(disk), null).status());
    assertEquals(
        403, site.put(site.node, announced.getUpload(), Files.readAllBytes(disk), null).status());
    assertEquals(404, site.put(site.bob, "https://x/uploads/../names", new byte[1], null).status());
  }

  @Test
  void aPolicyThatChangesIsTakenUpWithoutRestart() throws Exception {
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CLASSIC_SHA1, site.bob);
    assertTrue(site.ops("/metrics").contains("hospes_policy_sha1_accepted 1.0"));
    site.write("forms: [cms]");
    RefusalException refused = null;
    long end = System.nanoTime() + RepositorySite.PATIENCE.toNanos();
    while (refused == null && System.nanoTime() < end) {
      Thread.sleep(100);
      try {
        site.port(site.bob).publish(request("sl6", "1", image));
      } catch (Exception e) {
        refused = Refusals.of(e).orElseThrow();
      }
    }
    assertEquals("image.form.refused", refused.code());
    assertTrue(site.ops("/metrics").contains("hospes_policy_sha1_accepted 0.0"));
  }

  @Test
  void healthTellsItsParts() throws Exception {
    String health = site.ops("/health");
    assertTrue(health.startsWith("{\"ok\":true"), health);
    assertTrue(health.contains("\"sha-1\":\"accepted by policy\""), health);
  }

  private long files(String folder) throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve(folder))) {
      return files.count();
    }
  }
}
