package org.hospes.repo.app;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.repo.access.AccessLists;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;

/**
 * What {@code image-repo.yaml} says; the sample in {@code etc/hospes} explains every key.
 *
 * @param reload how often certificates, CRLs, policy and access lists are looked at
 */
record RepositoryConfig(
    InetSocketAddress listen,
    URI address,
    InetSocketAddress opsListen,
    Path hostCertificate,
    Path hostKey,
    Path caDirectory,
    Path store,
    Path imagePolicy,
    Path access,
    Path auditLog,
    Limits limits,
    Duration catalogueValidity,
    Duration reload,
    boolean legacyProxies,
    boolean sha1Certificates) {
  /**
   * Bounds.
   *
   * @param uploadRate bytes a second over all uploads; 0 for no bound
   */
  record Limits(
      long maxImageSize,
      long uploadRate,
      int uploadsAtOnce,
      int uploadsPerPublisher,
      int downloadsAtOnce,
      Duration partialLifetime) {}

  private static final Duration SHORTEST_VALIDITY = Duration.ofSeconds(10);

  /**
   * Reads the file, and the policy and access lists that it names.
   *
   * @throws InvalidSettingsException with every mistake in any of them
   */
  static RepositoryConfig read(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    Settings settings = Settings.read(file, problems);
    Settings limits = settings.section("limits");
    RepositoryConfig config =
        new RepositoryConfig(
            settings.address("listen", "0.0.0.0:9444"),
            settings.uri("address"),
            settings.address("ops-listen", "127.0.0.1:9454"),
            settings.path("host-certificate", Path.of("/etc/grid-security/hostcert.pem")),
            settings.path("host-key", Path.of("/etc/grid-security/hostkey.pem")),
            settings.path("ca-directory", Path.of("/etc/grid-security/certificates")),
            settings.path("store", Path.of("/var/lib/hospes/image-repo")),
            settings.path("image-policy", Path.of("/etc/hospes/image-policy.yaml")),
            settings.path("access", Path.of("/etc/hospes/repo-access.yaml")),
            settings.path("audit-log", Path.of("/var/log/hospes/image-repo-audit.jsonl")),
            new Limits(
                limits.size("max-image-size", 64L << 30),
                limits.size("upload-rate", 256L << 20),
                limits.integer("uploads-at-once", 1, 16, 8),
                limits.integer("uploads-per-publisher", 1, 1000, 8),
                limits.integer("downloads-at-once", 1, 40, 32),
                limits.duration("partial-lifetime", Duration.ofDays(2))),
            settings.duration("catalogue-validity", Duration.ofHours(1)),
            settings.duration("reload", Duration.ofSeconds(10)),
            settings.flag("legacy-proxies", false),
            settings.either("sha1-certificates", "accept", "refuse", true));
    if (settings.has("address") && !"https".equals(config.address().getScheme())) {
      settings.problem("address", "an https address expected, found " + config.address());
    }
    if (config.catalogueValidity().compareTo(SHORTEST_VALIDITY) < 0) {
      settings.problem("catalogue-validity", "10s at least expected");
    }
    if (config.reload().isZero() || config.reload().isNegative()) {
      settings.problem("reload", "more than 0s expected");
    }
    if (config.limits().maxImageSize() < 1) {
      limits.problem("max-image-size", "more than 0 bytes expected");
    }
    settings.done();
    ImagePolicy.read(config.imagePolicy(), problems);
    AccessLists.read(config.access(), problems);
    problems.throwIfAny();
    return config;
  }
}
