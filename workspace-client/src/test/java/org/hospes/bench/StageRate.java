package org.hospes.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.FetchLimits;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.ImageFetch;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
import org.hospes.image.verify.Thoroughness;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.node.imagecache.CacheTrail;
import org.hospes.node.imagecache.CachedImage;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.ImageDemand;
import org.hospes.node.imagecache.ImageJudge;
import org.hospes.node.imagecache.PapersFormat;
import org.hospes.node.journal.PapersJson;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.SecureClient;

/**
 * {@code stage.verified}: the rate at which the node's own image cache brings an image from the
 * real repository and verifies it as before a boot, beside {@code curl} of the same address
 * followed by {@code sha256sum}; and {@code stage.verified.sha1}, the same of an image under a
 * classic signature over SHA-1, beside that. Files lie in memory on both sides.
 */
final class StageRate {
  private static final double MEGA = 1e6;

  private final int rounds;
  private final int warmUps;
  private final long bytes;

  StageRate(int rounds, int warmUps, long bytes) {
    this.rounds = rounds;
    this.warmUps = warmUps;
    this.bytes = bytes;
  }

  List<Figure> measure(Path folder, List<String> serverOptions) throws Exception {
    try (RepositorySite site = new RepositorySite(folder, serverOptions)) {
      SignedImage image = site.publish("bench", bytes, SignatureForm.CMS);
      SignedImage classic = site.publish("classic", bytes, SignatureForm.CLASSIC_SHA1);
      Credential node = site.pki().host("node1.hospes.test");
      try (CertificateDirectory paths = site.pki().validator();
          SecureClient client = new SecureClient(() -> node, paths, ClientLimits.defaults())) {
        Node cache = new Node(folder, site, paths, client.sslContext(site.expected()), image);
        Node sha1 = new Node(folder, site, paths, client.sslContext(site.expected()), classic);
        Curl curl = new Curl(folder, site, node, cache.manifest);
        for (int i = 0; i < warmUps; i++) {
          cache.stage();
          sha1.stage();
          curl.fetchAndHash();
        }
        Rounds measured = new Rounds();
        Rounds bySha1 = new Rounds();
        for (int i = 0; i < rounds; i++) {
          // Who goes first changes, so that neither always has the warmer machine.
          double other = i % 2 == 0 ? curl.fetchAndHash() : 0;
          double ours = cache.stage();
          other = i % 2 == 0 ? other : curl.fetchAndHash();
          measured.add("stage.verified", bytes / MEGA / ours, bytes / MEGA / other);
          bySha1.add("stage.verified.sha1", bytes / MEGA / sha1.stage(), bytes / MEGA / ours);
        }
        return List.of(
            Figure.of("stage.verified", "MB/s", "curl, then sha256sum, MB/s", measured),
            Figure.of("stage.verified.sha1", "MB/s", "stage.verified, MB/s", bySha1));
      }
    }
  }

  /** As an agent writes them. */
  private static final class Papers implements PapersFormat {
    @Override
    public byte[] write(Accepted accepted) {
      return PapersJson.write(accepted.papers(), accepted.audience());
    }

    @Override
    public Accepted read(byte[] bytes) throws IOException {
      return new Accepted(PapersJson.papers(bytes), PapersJson.audience(bytes));
    }
  }

  /** A node, as far as it stages images. */
  private static final class Node {
    private final Path folder;
    private final RepositorySite site;
    private final ImageFetch fetch;
    private final ImageJudge judge;
    private final SignedImage image;
    private final Manifest manifest;

    Node(
        Path folder,
        RepositorySite site,
        CertificateDirectory paths,
        SSLContext repository,
        SignedImage image)
        throws Exception {
      this.folder = folder.resolve("cache");
      this.site = site;
      this.fetch =
          new ImageFetch(
              new TlsRangeSource(repository, Duration.ofSeconds(30)), FetchLimits.DEFAULT);
      ImagePolicy policy = ImagePolicy.load(folder.resolve("image-policy.yaml"));
      this.judge =
          new ByPolicy(
              new ImageVerifier(paths, () -> policy, Clock.systemUTC(), Thoroughness.ON_ARRIVAL),
              new ImageVerifier(paths, () -> policy, Clock.systemUTC(), Thoroughness.AT_BOOT));
      this.image = image;
      this.manifest = ManifestFormat.parse(image.manifest());
    }

    /** Seconds from an empty cache to an image that may boot. */
    double stage() throws Exception {
      double server = site.cpuSeconds();
      double own = ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
      try (ImageCache cache =
          new ImageCache(
              folder,
              4 * manifest.diskBytes(),
              fetch::fetch,
              judge,
              new Papers(),
              FileVerity.NONE,
              CacheTrail.NONE,
              Clock.systemUTC(),
              new SimpleMeterRegistry())) {
        ImageDemand demand =
            new ImageDemand(
                UUID.randomUUID(),
                manifest.sha256(),
                image,
                List.of(site.source(manifest.sha256())),
                Audience.caller(new DistinguishedName("/CN=Alice"), "demo"));
        long begin = System.nanoTime();
        CachedImage held = cache.hold(demand, FetchProgress.SILENT, () -> false);
        double seconds = (System.nanoTime() - begin) / 1e9;
        System.err.printf(
            "    staged in %.3f s: transfer %.3f, verification %.3f; CPU s: node %.2f, server"
                + " %.2f%n",
            seconds,
            held.transfer().toNanos() / 1e9,
            held.verified().hashing().toNanos() / 1e9,
            ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9 - own,
            site.cpuSeconds() - server);
        return seconds;
      } finally {
        delete(folder);
      }
    }

    private static void delete(Path folder) throws IOException {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  /** What a person would type. */
  private static final class Curl {
    private final RepositorySite site;
    private final Manifest manifest;
    private final Path file;
    private final String certificate;
    private final String key;
    private final String authority;

    Curl(Path folder, RepositorySite site, Credential node, Manifest manifest) {
      this.site = site;
      this.manifest = manifest;
      this.file = folder.resolve("curled");
      this.certificate = site.pki().writeCertificate(node, "node.pem").toString();
      this.key = site.pki().writeKey(node, "node.key").toString();
      this.authority = site.pki().caDirectory().toString();
    }

    /** Seconds for both. */
    double fetchAndHash() throws Exception {
      try {
        double server = site.cpuSeconds();
        double fetching =
            Tool.seconds(
                "curl",
                "--silent",
                "--show-error",
                "--fail",
                "--capath",
                authority,
                "--cert",
                certificate,
                "--key",
                key,
                "--output",
                file.toString(),
                site.source(manifest.sha256()).toString());
        long begin = System.nanoTime();
        String said = Tool.output("sha256sum", file.toString());
        double hashing = (System.nanoTime() - begin) / 1e9;
        if (!said.startsWith(manifest.sha256().hex())) {
          throw new IllegalStateException("curl brought other bytes: " + said);
        }
        System.err.printf(
            "    curl %.3f s, sha256sum %.3f s; CPU s: server %.2f%n",
            fetching, hashing, site.cpuSeconds() - server);
        return fetching + hashing;
      } finally {
        Files.deleteIfExists(file);
      }
    }
  }

  /** As the node agent judges. */
  private record ByPolicy(ImageVerifier arrival, ImageVerifier boot) implements ImageJudge {
    @Override
    public VerifiedPapers papers(SignedImage papers, Audience audience)
        throws ImageRefusedException {
      return boot.verifyPapers(papers, audience);
    }

    @Override
    public VerifiedImage image(
        SignedImage papers, OpenDisk file, Audience audience, boolean arrived, KnownDigests known)
        throws ImageRefusedException, IOException {
      return (arrived ? arrival : boot).verify(papers, file, audience, known);
    }
  }
}
