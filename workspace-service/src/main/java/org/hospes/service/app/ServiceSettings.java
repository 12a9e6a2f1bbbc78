package org.hospes.service.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.service.persistence.DatabaseSettings;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;

/**
 * {@code workspace-service.yaml}, read and checked. The sample configuration describes each key.
 *
 * @param repository the base address of the image repository, as people use it
 * @param repositorySoap where its SOAP port is
 * @param seenRevocations remembers every revocation ever seen
 * @param refresh how often files are looked at for changes
 */
record ServiceSettings(
    InetSocketAddress listen,
    InetSocketAddress opsListen,
    Path hostCertificate,
    Path hostKey,
    Path caDirectory,
    Optional<Path> vomsDirectory,
    Path gridMapfile,
    Path imagePolicy,
    Path access,
    URI repository,
    URI repositorySoap,
    DistinguishedName repositoryName,
    DatabaseSettings database,
    Path seenRevocations,
    Path auditLog,
    Duration heartbeat,
    Duration nodeSilentAfter,
    Duration leaseDefault,
    Duration leaseGrace,
    Duration consoleIdle,
    Duration refresh,
    boolean legacyProxies,
    boolean sha1Certificates) {
  private static final Path STATE = Path.of("/var/lib/hospes/service");
  private static final Path GRID = Path.of("/etc/grid-security");
  private static final Path ETC = Path.of("/etc/hospes");

  /**
   * Reads the file and everything it names, so that all mistakes come out at once.
   *
   * @throws InvalidSettingsException with every mistake, one a line
   */
  static ServiceSettings read(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    Settings top = Settings.read(file, problems);
    ServiceSettings settings = from(top);
    top.done();
    if (problems.isEmpty() || Files.isRegularFile(file)) {
      ImagePolicy.read(settings.imagePolicy(), problems);
      AccessFile.read(settings.access(), settings.vomsDirectory().isPresent(), problems);
      MapfileAccounts.read(settings.gridMapfile(), problems);
    }
    problems.throwIfAny();
    return settings;
  }

  private static ServiceSettings from(Settings top) {
    Settings repository = top.section("repository");
    URI repositoryAddress = https(repository, "address");
    DatabaseSettings database = database(top.section("database"));
    Path state =
        database
            .file()
            .map(f -> Path.of(f).toAbsolutePath().getParent())
            .filter(p -> p != null)
            .orElse(STATE);
    Duration heartbeat = top.duration("heartbeat", Duration.ofSeconds(5));
    Duration silentAfter = top.duration("node-silent-after", Duration.ofSeconds(30));
    atLeast(top, "heartbeat", heartbeat, Duration.ofSeconds(1));
    if (silentAfter.compareTo(heartbeat.multipliedBy(2)) < 0) {
      top.problem(
          "node-silent-after",
          "at least two heartbeats (" + heartbeat.multipliedBy(2).toSeconds() + "s) expected");
    }
    Duration refresh = top.duration("refresh", Duration.ofSeconds(10));
    atLeast(top, "refresh", refresh, Duration.ofMillis(100));
    Duration leaseDefault = top.duration("lease-default", Duration.ofHours(4));
    atLeast(top, "lease-default", leaseDefault, Duration.ofSeconds(1));
    Duration consoleIdle = top.duration("console-idle", Duration.ofMinutes(30));
    atLeast(top, "console-idle", consoleIdle, Duration.ofSeconds(10));
    return new ServiceSettings(
        top.address("listen", "0.0.0.0:9443"),
        top.address("ops-listen", "127.0.0.1:9453"),
        top.path("host-certificate", GRID.resolve("hostcert.pem")),
        top.path("host-key", GRID.resolve("hostkey.pem")),
        top.path("ca-directory", GRID.resolve("certificates")),
        top.optionalPath("voms-directory"),
        top.path("grid-mapfile", GRID.resolve("grid-mapfile")),
        top.path("image-policy", ETC.resolve("image-policy.yaml")),
        top.path("access", ETC.resolve("service-access.yaml")),
        repositoryAddress,
        withPath(repositoryAddress, "/repository"),
        repository.parsed("dn", DistinguishedName::parse),
        database,
        top.path("seen-revocations", state.resolve("revocations")),
        top.path("audit-log", Path.of("/var/log/hospes/workspace-service-audit.jsonl")),
        heartbeat,
        silentAfter,
        leaseDefault,
        top.duration("lease-grace", Duration.ofMinutes(2)),
        consoleIdle,
        refresh,
        top.flag("legacy-proxies", false),
        top.either("sha1-certificates", "accept", "refuse", true));
  }

  private static DatabaseSettings database(Settings settings) {
    String usual = "jdbc:h2:file:" + STATE.resolve("state") + ";WRITE_DELAY=0";
    String url = settings.text("url", usual);
    String user = settings.text("user", "sa");
    String password =
        settings.optionalPath("password-file").map(f -> secret(settings, f)).orElse("");
    try {
      return new DatabaseSettings(url, user, password);
    } catch (IllegalArgumentException e) {
      settings.problem("url", e.getMessage());
      return new DatabaseSettings(usual, user, password);
    }
  }

  private static String secret(Settings settings, Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      settings.problem("password-file", "cannot be read: " + e);
      return "";
    }
  }

  private static void atLeast(Settings settings, String key, Duration found, Duration least) {
    if (found.compareTo(least) < 0) {
      settings.problem(key, "at least " + least.toMillis() + "ms expected");
    }
  }

  private static URI https(Settings settings, String key) {
    URI uri = settings.uri(key);
    if (uri.getHost() != null && !"https".equals(uri.getScheme())) {
      settings.problem(key, "an https address expected, '" + uri + "' found");
    }
    return uri;
  }

  private static URI withPath(URI base, String path) {
    if (base.getHost() == null || (base.getPath() != null && base.getPath().length() > 1)) {
      return base;
    }
    try {
      return new URI(base.getScheme(), null, base.getHost(), base.getPort(), path, null, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
