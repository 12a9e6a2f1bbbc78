package org.hospes.node.app;

import static org.hospes.image.Digest.Algorithm.SHA1;
import static org.hospes.image.Digest.Algorithm.SHA256;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.testimages.Manifests;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestPolicies;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.Thoroughness;
import org.hospes.node.imagecache.CachedImage;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.ImageDemand;
import org.hospes.node.imagecache.InMemoryVerity;
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

/** The node's judge over the node's own cache, with real signatures. */
class VerifiedByPolicyTest {
  private static final Set<Digest.Algorithm> BOTH = Set.of(SHA1, SHA256);

  @TempDir Path folder;
  private final Clock clock = Clock.fixed(Instant.parse("2026-11-20T12:00:00Z"), ZoneOffset.UTC);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<String> told = new ArrayList<>();
  private FileVerity verity = FileVerity.NONE;
  private TestPki pki;
  private Credential bob;
  private CertificateDirectory paths;
  private ImageCache cache;
  private Path disk;
  private SignedImage image;

  @BeforeEach
  void open() throws IOException {
    pki = TestPki.create(folder.resolve("pki"));
    bob = pki.user("Bob Builder");
    paths = pki.validator();
    cache = cache();
    disk = TestDisks.mbr(folder.resolve("disk"), 1 << 20, 5);
    image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CLASSIC_SHA1, bob);
  }

  @AfterEach
  void close() {
    cache.close();
    paths.close();
  }

  private ImageCache cache() throws IOException {
    ImagePolicy policy = TestPolicies.trusting(bob, "demo");
    return new ImageCache(
        folder.resolve("cache"),
        64 << 20,
        (sources, manifest, partial, progress) -> {
          Files.copy(Path.of(sources.get(0)), partial);
          return new FetchedImage(manifest.sha256(), manifest.diskBytes(), 0, Duration.ofMillis(1));
        },
        new VerifiedByPolicy(
            new ImageVerifier(paths, () -> policy, clock, Thoroughness.ON_ARRIVAL),
            new ImageVerifier(paths, () -> policy, clock, Thoroughness.AT_BOOT)),
        new JournalledPapers(),
        verity,
        (event, facts) -> told.add(event + facts),
        clock,
        meters);
  }

  private CachedImage hold(SignedImage papers, Path from) throws Exception {
    return cache.hold(
        new ImageDemand(
            UUID.randomUUID(),
            manifest(papers).sha256(),
            papers,
            List.of(from.toUri()),
            Audience.caller(new DistinguishedName("/CN=Alice"), "demo")),
        FetchProgress.SILENT,
        () -> false);
  }

  private Set<Digest.Algorithm> hashed() throws Exception {
    return hold(image, disk).verified().hashed();
  }

  private String refused(SignedImage papers, Path from) {
    return assertThrows(ImageRefusedException.class, () -> hold(papers, from)).code();
  }

  private static Manifest manifest(SignedImage papers) throws ImageRefusedException {
    return ManifestFormat.parse(papers.manifest());
  }

  private Path record(SignedImage papers) throws ImageRefusedException {
    return folder.resolve("cache/sha1").resolve(manifest(papers).sha1().hex());
  }

  /** A record as the agent writes it. */
  private static void forge(Path record, Digest sha1, Digest sha256) throws IOException {
    String pair = sha1 + " " + sha256;
    String seal = Digest.sha256Of(pair.getBytes()).hex();
    Files.writeString(record, pair + " seal:" + seal + "\n");
  }

  private static void flip(Path file, long at) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(at);
      int was = bytes.read();
      bytes.seek(at);
      bytes.write(was ^ 1);
    }
  }

  @Test
  void theSecondBootHashesOnceAndSoDoesTheFirstAfterARestart() throws Exception {
    assertEquals(BOTH, hashed());
    assertEquals(Set.of(SHA256), hashed());
    cache.close();
    cache = cache();
    assertEquals(Set.of(SHA256), hashed());
  }

  @Test
  void aRecordThatIsGoneIsMadeAgain() throws Exception {
    hashed();
    byte[] good = Files.readAllBytes(record(image));
    Files.delete(record(image));
    assertEquals(BOTH, hashed());
    assertEquals(Set.of(SHA256), hashed());
    assertEquals(new String(good), Files.readString(record(image)));
  }

  @Test
  void aGarbledRecordIsMadeAgain() throws Exception {
    hashed();
    byte[] good = Files.readAllBytes(record(image));
    for (long at : new long[] {0, 10, 60, 150}) {
      flip(record(image), at);
      assertEquals(BOTH, hashed());
      assertEquals(Set.of(SHA256), hashed());
      assertEquals(new String(good), Files.readString(record(image)));
    }
  }

  @Test
  void aRecordThatCannotBeReadIsMadeAgain() throws Exception {
    hashed();
    Files.delete(record(image));
    Files.createSymbolicLink(record(image), record(image));
    assertEquals(BOTH, hashed());
    assertEquals(Set.of(SHA256), hashed());
  }

  @Test
  void theRecordOfAnotherDiskIsNotBelieved() throws Exception {
    Path other = TestDisks.mbr(folder.resolve("other"), 1 << 20, 6);
    SignedImage others = TestSignatures.sign(other, "a", "1", SignatureForm.CLASSIC_SHA1, bob);
    hashed();
    hold(others, other);
    Files.write(record(image), Files.readAllBytes(record(others)));
    assertEquals(BOTH, hashed());
    assertEquals(Set.of(SHA256), hashed());
  }

  @Test
  void aRecordForgedForAnotherDiskRefusesTheRealOne() throws Exception {
    Path other = TestDisks.mbr(folder.resolve("other"), 1 << 20, 6);
    hashed();
    forge(record(image), manifest(image).sha1(), Digest.sha256Of(Files.readAllBytes(other)));
    assertEquals("image.digest.collision", refused(image, disk));
    assertEquals(
        List.of("image.accepted", "image.collision", "image.refused"),
        told.stream().map(line -> line.substring(0, line.indexOf('{'))).toList());
  }

  @Test
  void aSecondDiskUnderOneSha1IsRefusedWhenItComesAndLeavesNoBytes() throws Exception {
    Files.createDirectories(record(image).getParent());
    forge(record(image), manifest(image).sha1(), Digest.sha256Of(new byte[] {1}));
    assertEquals("image.digest.collision", refused(image, disk));
    assertEquals(List.of(), cache.contents());
    assertEquals(1.0, meters.counter("hospes_cache_collisions").count());
  }

  @Test
  void aFlippedBitIsRefusedWithTheRecordAndWithoutIt() throws Exception {
    Path file = hold(image, disk).file();
    flip(file, 70_000);
    assertEquals("image.digest.mismatch", refused(image, disk));
    assertEquals(List.of(), cache.contents());
    file = hold(image, disk).file();
    flip(file, 70_000);
    Files.delete(record(image));
    assertEquals("image.digest.mismatch", refused(image, disk));
    assertEquals(List.of(), cache.contents());
  }

  @Test
  void theRecordDoesNotReplaceTheSignature() throws Exception {
    hashed();
    byte[] signature = image.signature();
    signature[20] ^= 1;
    SignedImage spoilt = new SignedImage(image.manifest(), image.form(), signature, image.chain());
    assertEquals("image.signature.invalid", refused(spoilt, disk));
    pki.revoke(bob);
    paths.close();
    paths = pki.validator();
    cache.close();
    cache = cache();
    assertEquals("image.signer.path", refused(image, disk));
  }

  @ParameterizedTest
  @EnumSource(names = {"CLASSIC_SHA256", "CMS"})
  void whatIsSignedOverSha256NeedsSha1OnlyToCheckItsManifest(SignatureForm form) throws Exception {
    image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    assertEquals(BOTH, hashed());
    assertEquals(Set.of(SHA256), hashed());
    assertTrue(Files.notExists(record(image)));
  }

  @ParameterizedTest
  @EnumSource
  void aManifestWithAnotherSha1IsRefusedWhenBytesCome(SignatureForm form) throws Exception {
    Manifest lying = Manifests.withSha1(manifest(image), Digest.sha1(new byte[20]));
    assertNotEquals(lying.sha1(), manifest(image).sha1());
    SignedImage papers = TestSignatures.sign(disk, lying, form, bob);
    assertEquals("image.digest.mismatch", refused(papers, disk));
    assertEquals(List.of(), cache.contents());
  }

  @Test
  void theRecordOutlivesTheImage() throws Exception {
    Path file = hold(image, disk).file();
    Files.delete(file);
    assertEquals(BOTH, hashed(), "bytes that come anew are computed anew");
    assertEquals(Set.of(SHA256), hashed());
  }

  private void reopen(FileVerity kernel) throws IOException {
    cache.close();
    verity = kernel;
    cache = cache();
  }

  @ParameterizedTest
  @EnumSource
  void whatTheKernelHoldsToItsBytesIsHashedOnceForEver(SignatureForm form) throws Exception {
    reopen(new InMemoryVerity());
    assertTrue(cache.sealing());
    image = TestSignatures.sign(disk, "sl6", "1", form, bob);
    assertEquals(BOTH, hashed());
    assertEquals(Set.of(), hashed());
    reopen(verity);
    assertEquals(Set.of(), hashed());
  }

  @Test
  void anotherFileInItsPlaceIsHashedAndRefusedIfItDiffers() throws Exception {
    reopen(new InMemoryVerity());
    Path file = hold(image, disk).file();
    byte[] bytes = Files.readAllBytes(file);
    replace(file, bytes);
    assertEquals(Set.of(SHA256), hashed(), "the same bytes, and no kernel that holds them");
    bytes[70_000] ^= 1;
    replace(file, bytes);
    assertEquals("image.digest.mismatch", refused(image, disk));
    assertEquals(List.of(), cache.contents());
  }

  private void replace(Path file, byte[] bytes) throws IOException {
    Files.move(
        Files.write(folder.resolve("other-bytes"), bytes),
        file,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void anotherSealedFileInItsPlaceIsRefused() throws Exception {
    InMemoryVerity kernel = new InMemoryVerity();
    reopen(kernel);
    Path other = TestDisks.mbr(folder.resolve("other"), 1 << 20, 6);
    SignedImage others = TestSignatures.sign(other, "a", "1", SignatureForm.CLASSIC_SHA1, bob);
    Path file = hold(image, disk).file();
    Path stranger = hold(others, other).file();
    Files.delete(file);
    Files.move(stranger, file);
    assertTrue(
        told.stream().allMatch(line -> line.startsWith("image.accepted{")),
        "nothing was wrong until now: " + told);
    assertEquals("image.digest.mismatch", refused(image, disk));
  }

  @Test
  void aSealedFileIsHashedAgainWhenItsRecordIsGone() throws Exception {
    reopen(new InMemoryVerity());
    Path file = hold(image, disk).file();
    Path record = folder.resolve("cache/verity").resolve(verity.measure(file).orElseThrow());
    flip(record, 90);
    assertEquals(Set.of(SHA256), hashed());
    assertEquals(Set.of(), hashed());
    Files.delete(record);
    assertEquals(Set.of(SHA256), hashed());
    assertEquals(Set.of(), hashed());
  }

  @Test
  void theKernelDoesNotReplaceTheSignature() throws Exception {
    reopen(new InMemoryVerity());
    hashed();
    byte[] signature = image.signature();
    signature[20] ^= 1;
    SignedImage spoilt = new SignedImage(image.manifest(), image.form(), signature, image.chain());
    assertEquals("image.signature.invalid", refused(spoilt, disk));
    pki.revoke(bob);
    paths.close();
    paths = pki.validator();
    reopen(verity);
    assertEquals("image.signer.path", refused(image, disk));
  }

  @Test
  void aRefusedImageIsNotRememberedAsGood() throws Exception {
    reopen(new InMemoryVerity());
    byte[] signature = image.signature();
    signature[20] ^= 1;
    SignedImage spoilt = new SignedImage(image.manifest(), image.form(), signature, image.chain());
    assertEquals("image.signature.invalid", refused(spoilt, disk));
    try (Stream<Path> records = Files.list(folder.resolve("cache/verity"))) {
      assertEquals(List.of(), records.toList());
    }
  }

  @Test
  void aKernelThatFailsCostsAHashAndNoImage() throws Exception {
    reopen(
        new FileVerity() {
          @Override
          public boolean enable(Path file) throws IOException {
            throw new IOException("no room for the tree");
          }

          @Override
          public Optional<String> measure(Path file) {
            return Optional.empty();
          }
        });
    assertEquals(BOTH, hashed());
    assertEquals(Set.of(SHA256), hashed());
  }
}
