package org.hospes.node.imagecache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.digest.DiskDigests;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.manifest.ManifestMaker;
import org.hospes.image.policy.Audience;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.trust.path.DistinguishedName;

/**
 * A repository of small images in memory, and a judge that hashes but trusts any signer who is not
 * called Mallory.
 */
public final class TestImages implements ImageBytes, ImageJudge {
  /** Who signs unless somebody else is named. */
  public static final String BOB = "/DC=org/DC=hospes/CN=Bob Builder";

  private final Path scratch;
  private final Clock clock;
  private final Map<Digest, byte[]> disks = new ConcurrentHashMap<>();
  private final Map<Digest, AtomicInteger> fetches = new ConcurrentHashMap<>();
  private final Map<Digest, Integer> judged = new ConcurrentHashMap<>();
  private final Map<String, String> withdrawn = new ConcurrentHashMap<>();
  private volatile boolean altered;
  private volatile Optional<IOException> broken = Optional.empty();
  private volatile Duration delay = Duration.ZERO;

  /**
   * @param scratch a folder for making disks
   */
  public TestImages(Path scratch, Clock clock) {
    this.scratch = scratch;
    this.clock = clock;
  }

  /** Publishes a disk and returns its papers. */
  public SignedImage publish(int bytes, long seed) {
    return publish(bytes, seed, BOB);
  }

  /** The same by another signer. */
  public SignedImage publish(int bytes, long seed, String signer) {
    return publish(TestDisks.mbr(scratch.resolve("disk-" + seed), bytes, seed), signer);
  }

  /** Publishes a disk that is there, and returns its papers. */
  public SignedImage publish(Path disk, String signer) {
    try {
      Manifest manifest =
          ManifestMaker.describe(
              disk, "test", "1", Optional.empty(), BootInformation.OWN_LOADER, signer);
      disks.put(manifest.sha256(), Files.readAllBytes(disk));
      return new SignedImage(
          ManifestFormat.write(manifest), SignatureForm.CLASSIC_SHA256, new byte[] {1}, List.of());
    } catch (IOException | ImageRefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Holds a disk whose papers somebody else made. */
  public void hold(Path disk) {
    try {
      byte[] bytes = Files.readAllBytes(disk);
      disks.put(Digest.sha256Of(bytes), bytes);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The digest that an image is ordered by. */
  public static Digest digestOf(SignedImage papers) {
    try {
      return ManifestFormat.parse(papers.manifest()).sha256();
    } catch (ImageRefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** From now on what this signer signed is refused, for that problem of the chain. */
  public void withdraw(String signer, String problem) {
    withdrawn.put(signer, problem);
  }

  /** It is taken again. */
  public void reinstate(String signer) {
    withdrawn.remove(signer);
  }

  /** How often an image's bytes were fetched. */
  public int fetches(Digest digest) {
    AtomicInteger count = fetches.get(digest);
    return count == null ? 0 : count.get();
  }

  /** How often a file was judged as this image. */
  public int judged(Digest digest) {
    return judged.getOrDefault(digest, 0);
  }

  /** From now on one byte of what is fetched is wrong, and nobody on the way notices. */
  public void alter(boolean yes) {
    altered = yes;
  }

  /** From now on fetches fail. */
  public void breakWire(IOException cause) {
    broken = Optional.ofNullable(cause);
  }

  /** How long a fetch takes. */
  public void slow(Duration time) {
    delay = time;
  }

  @Override
  public FetchedImage fetch(
      List<URI> sources, Manifest manifest, Path partial, FetchProgress progress)
      throws ImageRefusedException, IOException, InterruptedException {
    fetches.computeIfAbsent(manifest.sha256(), d -> new AtomicInteger()).incrementAndGet();
    byte[] bytes = disks.get(manifest.sha256()).clone();
    progress.advanced(0, bytes.length);
    Files.write(partial, Arrays.copyOf(bytes, bytes.length / 2));
    Thread.sleep(delay.toMillis());
    if (broken.isPresent()) {
      throw broken.get();
    }
    if (altered) {
      bytes[bytes.length - 1] ^= 1;
    }
    Files.write(partial, bytes);
    progress.advanced(bytes.length, bytes.length);
    return new FetchedImage(manifest.sha256(), bytes.length, 0, Duration.ofMillis(3));
  }

  @Override
  public VerifiedPapers papers(SignedImage papers, Audience audience) throws ImageRefusedException {
    Manifest manifest = ManifestFormat.parse(papers.manifest());
    if (manifest.signer().contains("Mallory")) {
      throw new ImageRefusedException("image.signer.untrusted", "nobody knows Mallory")
          .fact("signer", manifest.signer());
    }
    String problem = withdrawn.get(manifest.signer());
    if (problem != null) {
      throw new ImageRefusedException("image.signer.path", "withdrawn: " + problem)
          .fact("signer", manifest.signer())
          .fact("problem", problem);
    }
    return new VerifiedPapers(
        manifest,
        Digest.sha256Of(papers.manifest()),
        papers.form(),
        null,
        Set.of("*"),
        Set.of(),
        "test");
  }

  @Override
  public VerifiedImage image(
      SignedImage papers, OpenDisk file, Audience audience, boolean arrived, KnownDigests known)
      throws ImageRefusedException, IOException {
    Manifest manifest = papers(papers, audience).manifest();
    judged.merge(manifest.sha256(), 1, Integer::sum);
    Digest found = DiskDigests.sha256(file.channel()).sha256();
    if (!found.equals(manifest.sha256())) {
      throw new ImageRefusedException("image.digest.mismatch", "another disk")
          .fact("expected", manifest.sha256())
          .fact("found", found);
    }
    return new VerifiedImage(
        manifest.sha256(),
        Set.of(Digest.Algorithm.SHA256),
        Digest.sha256Of(papers.manifest()),
        papers.form(),
        new DistinguishedName(manifest.signer()),
        manifest.format(),
        manifest.diskBytes(),
        manifest.virtualBytes(),
        manifest.boot(),
        Set.of("*"),
        Set.of(new DistinguishedName("/CN=Dora"), new DistinguishedName("/CN=Carl")),
        "test",
        file.identity(),
        clock.instant(),
        Duration.ZERO);
  }
}
