package org.hospes.node.app;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.node.libvirt.LibvirtSettings;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.libvirt.LibvirtSettings.Emulation;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;
import org.hospes.node.network.NetworkSettings;
import org.hospes.node.sandbox.GuestCaps;
import org.hospes.node.sandbox.SiteKernel;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;

/**
 * The agent's configuration file. The sample under {@code etc/hospes} says what each key means.
 *
 * @param cpus of the node that guests may have together; empty: all
 * @param memoryBytes of the node that guests may have together; empty: seven eighths
 * @param diskBytes that guests' disks may take together; empty: what the file system has, less a
 *     tenth and the images, or what the volume group has that is nobody else's
 */
record NodeSettings(
    String name,
    InetSocketAddress listen,
    URI address,
    InetSocketAddress opsListen,
    Path hostCertificate,
    Path hostKey,
    Path caDirectory,
    URI serviceAddress,
    DistinguishedName serviceDn,
    DistinguishedName repositoryDn,
    Path imagePolicy,
    Path auditLog,
    LibvirtSettings hypervisor,
    Path stateDirectory,
    Path cacheDirectory,
    long cacheBytes,
    FsVerity fsVerity,
    DiskSettings disks,
    NetworkSettings network,
    OptionalInt cpus,
    OptionalLong memoryBytes,
    OptionalLong diskBytes,
    int guestCpus,
    long guestMemoryBytes,
    long guestScratchBytes,
    long guestDiskBytes,
    int guestSnapshots,
    GuestCaps guestCaps,
    Duration leaseGrace,
    Duration patience,
    Duration refresh,
    boolean legacyProxies,
    boolean sha1Certificates,
    List<SiteKernel> kernels) {
  /** Ports that forwards are taken from, both ends included. */
  private record PortRange(int first, int last) {
    static PortRange parse(String text) {
      Matcher m = Pattern.compile("(\\d{1,5})-(\\d{1,5})").matcher(text.strip());
      if (m.matches()) {
        PortRange range = new PortRange(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)));
        if (range.first() >= 1024 && range.first() <= range.last() && range.last() <= 65535) {
          return range;
        }
      }
      throw new IllegalArgumentException(
          "a range of ports within 1024-65535 expected, such as 30000-30999, '" + text + "' found");
    }
  }

  /** Whether the kernel is to hold cached images to their bytes. */
  enum FsVerity {
    /** Where kernel and file system offer it; else images are hashed before every boot. */
    AUTO,
    /** The agent does not start without. */
    REQUIRED,
    /** Images are hashed before every boot. */
    OFF
  }

  private static final String LABEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  private static final long GIB = 1L << 30;

  /**
   * Reads the file, and the image policy that it names.
   *
   * @throws InvalidSettingsException with every mistake, one a line
   */
  static NodeSettings read(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    Settings top = Settings.read(file, problems);
    NodeSettings settings = from(top);
    top.done();
    if (top.has("image-policy")) {
      ImagePolicy.read(settings.imagePolicy(), problems);
    }
    problems.throwIfAny();
    return settings;
  }

  private static NodeSettings from(Settings top) {
    Path state = top.path("state-directory", Path.of("/var/lib/hospes/node"));
    Path grid = Path.of("/etc/grid-security");
    Settings service = top.section("service");
    Settings cache = top.section("cache");
    Settings capacity = top.section("capacity");
    Settings limits = top.section("limits");
    int cpus = capacity.integer("cpus", 1, 65536, 0);
    long memory = capacity.size("memory", 0);
    long disk = capacity.size("disk", 0);
    LibvirtSettings hypervisor = hypervisor(top.section("hypervisor"));
    GuestCaps caps = caps(limits);
    return new NodeSettings(
        label(top),
        top.address("listen", "0.0.0.0:9445"),
        https(top, "address", "/node"),
        top.address("ops-listen", "127.0.0.1:9455"),
        top.path("host-certificate", grid.resolve("hostcert.pem")),
        top.path("host-key", grid.resolve("hostkey.pem")),
        top.path("ca-directory", grid.resolve("certificates")),
        https(service, "address", "/registry"),
        service.parsed("dn", DistinguishedName::parse),
        top.parsed("repository-dn", DistinguishedName::parse),
        top.path("image-policy", Path.of("/etc/hospes/image-policy.yaml")),
        top.path("audit-log", Path.of("/var/log/hospes/node-agent-audit.jsonl")),
        hypervisor,
        state,
        cache.path("directory", state.resolve("images")),
        cache.size("max-size", 20 * GIB),
        cache.parsed("fs-verity", oneOf(FsVerity.class), FsVerity.AUTO),
        DiskSettings.read(top.section("disks"), hypervisor.driver(), caps.diskRate().isPresent()),
        network(top.section("network"), state),
        cpus == 0 ? OptionalInt.empty() : OptionalInt.of(cpus),
        memory == 0 ? OptionalLong.empty() : OptionalLong.of(memory),
        disk == 0 ? OptionalLong.empty() : OptionalLong.of(disk),
        limits.integer("guest-cpus", 1, 1024, 16),
        limits.size("guest-memory", 64 * GIB),
        limits.size("guest-scratch", 100 * GIB),
        limits.size("guest-disk", 200 * GIB),
        limits.integer("guest-snapshots", 0, 64, 8),
        caps,
        top.duration("lease-grace", Duration.ofSeconds(10)),
        top.duration("patience", Duration.ofMinutes(5)),
        top.duration("refresh", Duration.ofSeconds(10)),
        top.flag("legacy-proxies", false),
        top.either("sha1-certificates", "accept", "refuse", true),
        kernels(top));
  }

  private static GuestCaps caps(Settings limits) {
    int cpu = limits.integer("guest-cpu-cap", 1, 100, 0);
    return new GuestCaps(
        cpu == 0 ? OptionalInt.empty() : OptionalInt.of(cpu),
        limits.parsed("guest-disk-rate", GuestCaps::requireDiskRate, OptionalLong.empty()));
  }

  private static String label(Settings top) {
    String name = top.text("name");
    if (!name.isEmpty() && !name.matches(LABEL)) {
      top.problem(
          "name",
          "letters, digits, dot, underscore and hyphen expected, at most 64, '" + name + "' found");
    }
    return name;
  }

  /** An https address; one without a path gets the usual one. */
  private static URI https(Settings settings, String key, String usualPath) {
    URI uri = settings.uri(key);
    if (uri.getHost() == null) {
      return uri;
    }
    if (!"https".equals(uri.getScheme())) {
      settings.problem(key, "an https address expected, '" + uri + "' found");
      return uri;
    }
    String path = uri.getPath();
    if (path != null && !path.isEmpty() && !path.equals("/")) {
      return uri;
    }
    try {
      return new URI("https", null, uri.getHost(), uri.getPort(), usualPath, null, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static LibvirtSettings hypervisor(Settings settings) {
    Driver driver = settings.parsed("driver", oneOf(Driver.class), Driver.QEMU);
    Emulation emulation = settings.parsed("emulation", oneOf(Emulation.class), Emulation.AUTO);
    LibvirtSettings usual =
        LibvirtSettings.of(driver, settings.text("uri", driver.usualUri()), emulation);
    return new LibvirtSettings(
        usual.driver(),
        usual.uri(),
        usual.emulation(),
        settings.optionalPath("probe-kernel"),
        xen(settings),
        usual.networkNamespace());
  }

  private static XenSettings xen(Settings settings) {
    XenSettings usual =
        XenSettings.usual(settings.parsed("xen-kind", oneOf(XenKind.class), XenKind.PV));
    return new XenSettings(
        usual.kind(),
        settings.parsed("xen-boot", oneOf(XenBoot.class), usual.boot()),
        settings.path("pv-loader", usual.pvLoader()),
        settings.path("pvh-loader", usual.pvhLoader()),
        settings.path("pygrub", usual.pygrub()),
        usual.consoleDirectory());
  }

  private static NetworkSettings network(Settings settings, Path state) {
    PortRange ports =
        settings.parsed("forward-ports", PortRange::parse, new PortRange(30000, 30999));
    return new NetworkSettings(
        settings.parsed("bridge", NetworkSettings::requireBridge, "hospes0"),
        settings.parsed("subnet", NetworkSettings::requireSubnet, "192.168.150.0/24"),
        Optional.ofNullable(settings.parsed("uplink", NetworkSettings::requireDevice, null)),
        Optional.ofNullable(
            settings.parsed("forward-address", NetworkSettings::requireAddress, null)),
        ports.first(),
        ports.last(),
        settings.parsedList("refused-networks", NetworkSettings::requireNetwork),
        settings.parsed(
            "guest-rate",
            text -> OptionalLong.of(NetworkSettings.requireRate(text)),
            OptionalLong.empty()),
        state.resolve("network"));
  }

  private static List<SiteKernel> kernels(Settings top) {
    List<SiteKernel> kernels = new ArrayList<>();
    for (Settings kernel : top.sections("kernels")) {
      kernels.add(
          new SiteKernel(
              kernel.text("name"), kernel.path("kernel"), kernel.optionalPath("initrd")));
    }
    return List.copyOf(kernels);
  }

  static <E extends Enum<E>> Function<String, E> oneOf(Class<E> type) {
    return text -> {
      for (E value : type.getEnumConstants()) {
        if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
          return value;
        }
      }
      throw new IllegalArgumentException(
          "one of "
              + Arrays.stream(type.getEnumConstants())
                  .map(value -> value.name().toLowerCase(Locale.ROOT))
                  .toList()
              + " expected, '"
              + text
              + "' found");
    };
  }
}
