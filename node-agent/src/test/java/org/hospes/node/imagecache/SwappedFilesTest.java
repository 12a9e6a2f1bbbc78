package org.hospes.node.imagecache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.policy.SignerRule;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
import org.hospes.image.verify.Thoroughness;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody who got into the cache's directories swaps files while they are verified and opened. */
class SwappedFilesTest {
  private static final int ROUNDS = 1000;
  private static final int BYTES = 1 << 16;

  @TempDir Path folder;

  private PathValidator paths;
  private Path good;
  private Path bad;
  private SignedImage image;
  private Digest digest;
  private Path whole;
  private Runnable beforeJudging = () -> {};
  private Runnable afterJudging = () -> {};
  private ImageCache cache;

  @BeforeEach
  void open() throws Exception {
    TestPki pki = TestPki.create(folder.resolve("pki"));
    Credential bob = pki.user("Bob Builder");
    paths = pki.validator();
    good = TestDisks.mbr(folder.resolve("good"), BYTES, 5);
    bad = TestDisks.mbr(folder.resolve("bad"), BYTES, 6);
    image = TestSignatures.sign(good, "sl6", "1", SignatureForm.CMS, bob);
    digest = ManifestFormat.parse(image.manifest()).sha256();
    Path root = folder.resolve("cache");
    whole = root.resolve("sha256");
    ImagePolicy policy =
        new ImagePolicy(
            Set.of(SignatureForm.CMS),
            List.of(
                new SignerRule(
                    DistinguishedName.ofSubject(bob.leaf()),
                    Set.of("*"),
                    Set.of(SignatureForm.CMS))),
            Set.of(),
            Digest.sha256Of(new byte[0]));
    cache =
        new ImageCache(
            root,
            64 << 20,
            (sources, manifest, partial, progress) -> {
              Files.copy(good, partial, StandardCopyOption.REPLACE_EXISTING);
              return new FetchedImage(
                  manifest.sha256(), manifest.diskBytes(), 0, Duration.ofMillis(1));
            },
            new Judge(
                new ImageVerifier(paths, () -> policy, Clock.systemUTC(), Thoroughness.AT_BOOT)),
            new TestPapers(),
            FileVerity.NONE,
            CacheTrail.NONE,
            Clock.systemUTC(),
            new SimpleMeterRegistry());
  }

  @AfterEach
  void close() {
    cache.close();
    paths.close();
  }

  /** The real one, with a moment before and after it for whoever wants to swap something. */
  private final class Judge implements ImageJudge {
    private final ImageVerifier verifier;

    Judge(ImageVerifier verifier) {
      this.verifier = verifier;
    }

    @Override
    public VerifiedPapers papers(SignedImage papers, Audience audience)
        throws ImageRefusedException {
      return verifier.verifyPapers(papers, audience);
    }

    @Override
    public VerifiedImage image(
        SignedImage papers, OpenDisk file, Audience audience, boolean arrived, KnownDigests known)
        throws ImageRefusedException, IOException {
      beforeJudging.run();
      try {
        return verifier.verify(papers, file, audience, known);
      } finally {
        afterJudging.run();
      }
    }
  }

  private ImageDemand demand() {
    return new ImageDemand(
        UUID.randomUUID(),
        digest,
        image,
        List.of(good.toUri()),
        Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
  }

  /** Whether it booted: what the hypervisor opened by the name was compared, as before a boot. */
  private boolean boot() throws Exception {
    ImageDemand demand = demand();
    try {
      CachedImage held = cache.hold(demand, FetchProgress.SILENT, () -> false);
      try (HeldFile opened = HeldFile.open(held.file())) {
        FileStamp stamp = opened.stamp();
        boolean same =
            stamp.device().equals(held.verified().file().device())
                && stamp.inode().equals(held.verified().file().inode());
        if (!same || !cache.unchanged(demand.holder())) {
          return false;
        }
        assertArrayEquals(Files.readAllBytes(good), Files.readAllBytes(opened.path()));
        return true;
      }
    } catch (ImageRefusedException | CacheException | IOException e) {
      return false;
    } finally {
      cache.release(demand.holder());
    }
  }

  private static void quietly(Swap swap) {
    try {
      swap.run();
    } catch (IOException e) {
      // The cache threw away what was to be put back.
      return;
    }
  }

  private interface Swap {
    void run() throws IOException;
  }

  private static void replace(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void whatIsHashedIsWhatIsComparedThoughADirectoryAboveIsSwappedMeanwhile() throws Exception {
    assertTrue(boot());
    // The name leads to other bytes, and to the good ones for just as long as they are hashed.
    Path evil = Files.createDirectory(folder.resolve("evil"));
    Files.copy(good, evil.resolve(digest.hex()));
    Files.copy(bad, whole.resolve(digest.hex()), StandardCopyOption.REPLACE_EXISTING);
    Path away = folder.resolve("away");
    beforeJudging =
        () ->
            quietly(
                () -> {
                  Files.move(whole, away);
                  Files.move(evil, whole);
                });
    afterJudging =
        () ->
            quietly(
                () -> {
                  Files.move(whole, evil);
                  Files.move(away, whole);
                });
    ImageRefusedException refused =
        assertThrows(
            ImageRefusedException.class,
            () -> cache.hold(demand(), FetchProgress.SILENT, () -> false));
    assertEquals("image.digest.mismatch", refused.code());
  }

  @Test
  void nothingUnverifiedBootsWhateverIsSwapped() throws Exception {
    assertTrue(boot());
    AtomicBoolean over = new AtomicBoolean();
    Thread attacker =
        new Thread(
            () -> {
              Random random = new Random(4);
              for (int round = 0; round < ROUNDS; round++) {
                attack(round % 4, random);
              }
              over.set(true);
            });
    attacker.start();
    int booted = 0;
    int refused = 0;
    while (!over.get()) {
      if (boot()) {
        booted++;
      } else {
        refused++;
      }
    }
    attacker.join();
    assertTrue(refused > 0, "nobody attacked: " + booted + " boots");
    assertTrue(boot(), "left alone it boots again, after " + booted);
  }

  private void attack(int kind, Random random) {
    Path file = whole.resolve(digest.hex());
    Path aside = folder.resolve("aside");
    Path evil = folder.resolve("evil");
    Path real = folder.resolve("real");
    quietly(
        () -> {
          switch (kind) {
            case 0 -> {
              Files.copy(bad, folder.resolve("copy"), StandardCopyOption.REPLACE_EXISTING);
              Files.deleteIfExists(aside);
              Files.createLink(aside, file);
              replace(folder.resolve("copy"), file);
            }
            case 1 -> {
              Files.createDirectories(evil);
              Files.copy(
                  bad, evil.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
              Files.move(whole, real);
              Files.move(evil, whole);
            }
            case 2 -> {
              replace(file, aside);
              Files.createSymbolicLink(file, bad);
            }
            default -> {
              Files.deleteIfExists(aside);
              replace(file, aside);
              Files.createLink(file, bad);
            }
          }
        });
    pause(random.nextInt(3000));
    quietly(
        () -> {
          if (kind == 1) {
            Files.move(whole, evil);
          } else {
            replace(aside, file);
          }
        });
    if (Files.isDirectory(real)) {
      quietly(() -> Files.move(real, whole));
    }
    pause(random.nextInt(3000));
  }

  private static void pause(int micros) {
    try {
      Thread.sleep(micros / 1000, micros % 1000 * 1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
