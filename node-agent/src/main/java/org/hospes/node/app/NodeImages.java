package org.hospes.node.app;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Supplier;
import org.hospes.image.fetch.FetchLimits;
import org.hospes.image.fetch.ImageFetch;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.Sights;
import org.hospes.image.verify.StatedSights;
import org.hospes.image.verify.Thoroughness;
import org.hospes.node.app.NodeSettings.FsVerity;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.ImageJudge;
import org.hospes.node.imagecache.KernelVerity;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.wire.ops.Parts;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images of a node.
 *
 * @param judge says which may boot
 * @param cache fetches and keeps them
 */
record NodeImages(ImageJudge judge, ImageCache cache) {
  private static final Logger LOG = LoggerFactory.getLogger(NodeImages.class);
  private static final Duration FETCH_PATIENCE = Duration.ofSeconds(30);

  /**
   * @param parts end the cache
   * @throws IOException also when fs-verity is required and the file system has none
   */
  static NodeImages open(
      NodeSettings settings,
      SecureClient client,
      CertificateDirectory paths,
      Supplier<ImagePolicy> policy,
      Parts parts,
      AuditLog audit,
      Clock clock,
      MeterRegistry meters)
      throws IOException {
    ImageFetch fetch =
        new ImageFetch(
            new TlsRangeSource(
                client.sslContext(ExpectedServer.dn(settings.repositoryDn())), FETCH_PATIENCE),
            FetchLimits.DEFAULT);
    Sights sights = new StatedSights(paths, settings.serviceDn());
    ImageJudge judge =
        new VerifiedByPolicy(
            new ImageVerifier(paths, policy, clock, Thoroughness.ON_ARRIVAL, sights),
            new ImageVerifier(paths, policy, clock, Thoroughness.AT_BOOT, sights));
    ImageCache cache =
        parts.keep(
            new ImageCache(
                settings.cacheDirectory(),
                settings.cacheBytes(),
                fetch::fetch,
                judge,
                new JournalledPapers(),
                settings.fsVerity() == FsVerity.OFF ? FileVerity.NONE : new KernelVerity(),
                audit::record,
                clock,
                meters));
    if (settings.fsVerity() == FsVerity.REQUIRED && !cache.sealing()) {
      throw new IOException(
          settings.cacheDirectory()
              + ": expected a file system with fs-verity (cache.fs-verity: required), found one"
              + " without; 'tune2fs -O verity DEVICE' for ext4, and a kernel with"
              + " CONFIG_FS_VERITY");
    }
    LOG.info(
        "cached images are {}",
        cache.sealing() ? "held to their bytes by fs-verity" : "hashed before every boot");
    return new NodeImages(judge, cache);
  }
}
