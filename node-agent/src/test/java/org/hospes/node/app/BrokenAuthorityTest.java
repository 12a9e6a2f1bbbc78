package org.hospes.node.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestPolicies;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.Thoroughness;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.ImageDemand;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of the signer's CA break for a moment; later the operator takes that CA out. */
class BrokenAuthorityTest {
  private static final Clock CLOCK = Clock.systemUTC();

  @TempDir Path folder;

  @Test
  void aFileThatBreaksRefusesTheBootAndSetsNothingApart() throws Exception {
    TestPki pki = TestPki.create(folder.resolve("pki"));
    Credential bob = pki.user("Bob Builder");
    ImagePolicy policy = TestPolicies.trusting(bob, "*");
    Path disk = TestDisks.mbr(folder.resolve("disk"), 1 << 20, 5);
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, bob);
    Digest digest = ManifestFormat.parse(image.manifest()).sha256();
    List<String> told = new ArrayList<>();
    try (CertificateDirectory paths = pki.validator();
        ImageCache cache =
            new ImageCache(
                folder.resolve("cache"),
                64 << 20,
                (sources, manifest, partial, progress) -> {
                  Files.copy(disk, partial);
                  return new FetchedImage(
                      manifest.sha256(), manifest.diskBytes(), 0, Duration.ofMillis(1));
                },
                new VerifiedByPolicy(
                    new ImageVerifier(paths, () -> policy, CLOCK, Thoroughness.ON_ARRIVAL),
                    new ImageVerifier(paths, () -> policy, CLOCK, Thoroughness.AT_BOOT)),
                new JournalledPapers(),
                FileVerity.NONE,
                (event, facts) -> told.add(event),
                CLOCK,
                new SimpleMeterRegistry())) {
      ImageDemand demand =
          new ImageDemand(
              UUID.randomUUID(),
              digest,
              image,
              List.of(disk.toUri()),
              Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
      cache.hold(demand, FetchProgress.SILENT, () -> false);
      cache.release(demand.holder());
      TrustWatch watch = new TrustWatch(paths, () -> policy, cache, trust -> false);
      watch.look(() -> {});

      Path namespaces = pki.caDirectory().resolve(pki.hash() + ".namespaces");
      Files.createDirectory(namespaces);
      assertTrue(paths.refresh());
      watch.look(() -> {});
      ImageRefusedException refused = refused(cache, demand);
      assertEquals("path.ca.unreadable", refused.facts().get("problem"));
      assertTrue(refused.getMessage().contains(namespaces.getFileName() + ": it is no file"));
      assertEquals(List.of(digest), cache.contents());
      assertEquals(Optional.empty(), watch.quarantine());
      assertFalse(told.contains("image.quarantined"), told::toString);

      Files.delete(namespaces);
      assertTrue(paths.refresh());
      watch.look(() -> {});
      cache.hold(demand, FetchProgress.SILENT, () -> false);
      cache.release(demand.holder());

      pki.dropCa();
      assertTrue(paths.refresh());
      watch.look(() -> {});
      assertEquals("path.ca.unknown", refused(cache, demand).facts().get("problem"));
      assertEquals(List.of(digest), cache.quarantined());
      assertTrue(told.contains("image.quarantined"), told::toString);
    }
  }

  private static ImageRefusedException refused(ImageCache cache, ImageDemand demand) {
    return assertThrows(
        ImageRefusedException.class, () -> cache.hold(demand, FetchProgress.SILENT, () -> false));
  }
}
