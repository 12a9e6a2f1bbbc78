package org.hospes.node.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
import org.hospes.trust.path.PathRules;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the CRL's arrival to the quarantine, through the agent's own parts at their own pace. */
class RevokedInTimeTest {
  private static final Duration PROMISED = Duration.ofSeconds(5);
  private static final Duration BEAT = Duration.ofMillis(5);

  @TempDir Path folder;

  @Test
  void anImageIsRefusedAndSetApartWithinFiveSecondsOfTheCrl() throws Exception {
    Clock clock = Clock.systemUTC();
    TestPki pki = TestPki.create(folder.resolve("pki"));
    Credential bob = pki.user("Bob Builder");
    ImagePolicy policy = TestPolicies.trusting(bob, "*");
    Path disk = TestDisks.mbr(folder.resolve("disk"), 1 << 20, 5);
    SignedImage image = TestSignatures.sign(disk, "sl6", "1", SignatureForm.CMS, bob);
    Digest digest = ManifestFormat.parse(image.manifest()).sha256();
    AtomicLong beats = new AtomicLong();
    Thread pulse = new Thread(() -> beat(beats));
    pulse.setDaemon(true);
    pulse.start();
    Map<String, Long> toldAt = new ConcurrentHashMap<>();
    CountDownLatch apart = new CountDownLatch(1);
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try (CertificateDirectory paths =
        CertificateDirectory.open(
            pki.caDirectory(),
            PathRules.strict().rememberingIn(folder.resolve("revocations")),
            CertificateDirectory.LOOK,
            Duration.ofHours(1),
            clock)) {
      VerifiedByPolicy judge =
          new VerifiedByPolicy(
              new ImageVerifier(paths, () -> policy, clock, Thoroughness.ON_ARRIVAL),
              new ImageVerifier(paths, () -> policy, clock, Thoroughness.AT_BOOT));
      try (ImageCache cache =
          new ImageCache(
              folder.resolve("cache"),
              64 << 20,
              (sources, manifest, partial, progress) -> {
                Files.copy(disk, partial);
                return new FetchedImage(
                    manifest.sha256(), manifest.diskBytes(), 0, Duration.ofMillis(1));
              },
              judge,
              new JournalledPapers(),
              FileVerity.NONE,
              (event, facts) -> toldAt.putIfAbsent(event, beats.get()),
              clock,
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
        assertEquals(List.of(digest), cache.contents());
        assertEquals(Optional.empty(), watch.quarantine());
        var unused =
            timer.scheduleWithFixedDelay(
                () -> watch.look(apart::countDown), 0, 1, TimeUnit.SECONDS);

        long arrived = beats.get();
        pki.revoke(bob);
        assertTrue(apart.await(60, TimeUnit.SECONDS));
        Duration taken = BEAT.multipliedBy(toldAt.get("image.quarantined") - arrived);
        assertTrue(taken.compareTo(PROMISED) < 0, () -> "set apart after " + taken);
        assertEquals(List.of(digest), cache.quarantined());
        assertTrue(watch.quarantine().orElseThrow().startsWith("1 image is in quarantine"));
        assertEquals(List.of(), cache.contents());
        ImageRefusedException refused =
            assertThrows(
                ImageRefusedException.class,
                () -> cache.hold(demand, FetchProgress.SILENT, () -> false));
        assertEquals("path.revoked", refused.facts().get("problem"));

        // Whatever the date: the CA forgets it, the node does not.
        pki.unlistRevoked(bob);
        assertTrue(paths.refresh() || paths.generation() > 2);
        watch.look(() -> {});
        assertEquals(List.of(digest), cache.quarantined());
      }
    } finally {
      timer.shutdownNow();
      pulse.interrupt();
    }
  }

  /** What is promised is the agent's pace: where the machine lets nobody run, no time goes by. */
  private static void beat(AtomicLong beats) {
    try {
      while (true) {
        Thread.sleep(BEAT.toMillis());
        beats.incrementAndGet();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
