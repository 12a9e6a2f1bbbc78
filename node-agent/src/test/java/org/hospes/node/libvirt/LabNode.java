package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.libvirt.LibvirtSettings.Emulation;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;

/**
 * A node in namespaces of its own, with a libvirtd that runs guests as libvirt-qemu, raised by the
 * lab's scripts and taken down again. The machine's own libvirt and network are not touched.
 */
public final class LabNode implements AutoCloseable {
  public static final String BRIDGE = "hvbr0";
  private static final long LIMIT_SECONDS = 120;

  private final Path scripts;
  private final Path lab;
  private final String site;
  private final boolean controlGroups;
  private final int number;

  private LabNode(Path scripts, Path lab, String site, boolean controlGroups, int number) {
    this.scripts = scripts;
    this.lab = lab;
    this.site = site;
    this.controlGroups = controlGroups;
    this.number = number;
  }

  /**
   * @param site up to 8 letters and digits, a prefix for the names of its namespaces
   */
  public static LabNode raise(String site) throws IOException {
    return raise(site, false);
  }

  /** Whether this machine can give a node control groups of its own. */
  static boolean machineHasControlGroups() throws IOException {
    return Files.readAllLines(Path.of("/proc/mounts")).stream()
        .map(line -> line.split(" "))
        .anyMatch(f -> f[2].equals("cgroup") && List.of(f[3].split(",")).contains("cpu"));
  }

  /**
   * @param controlGroups whether its libvirtd has the processor controller
   */
  static LabNode raise(String site, boolean controlGroups) throws IOException {
    Path lab = Files.createTempDirectory("hospes-" + site);
    // QEMU's user passes through it to the guests' disks.
    Files.setPosixFilePermissions(lab, PosixFilePermissions.fromString("rwx--x--x"));
    LabNode node = new LabNode(scripts(), lab, site, controlGroups, 1);
    try {
      node.script("site.sh", "up");
      node.up();
      return node;
    } catch (IOException | RuntimeException e) {
      node.close();
      throw e;
    }
  }

  /** A second node of the same site; to be taken down before the first. */
  public LabNode second() throws IOException {
    LabNode node = new LabNode(scripts, lab, site, controlGroups, number + 1);
    node.up();
    return node;
  }

  private void up() throws IOException {
    script("node.sh", "up", name(), Integer.toString(number));
    inside("ip", "link", "add", BRIDGE, "type", "bridge");
    inside("ip", "link", "set", BRIDGE, "up");
  }

  private String name() {
    return "n" + number;
  }

  /** Makes a bootable disk of the lab's tiny guest, which has a web page. */
  public Path tinyImage() throws IOException {
    Path image = lab.resolve("tiny.img");
    String unused = script("tiny-image.sh", image.toString());
    return image;
  }

  private static Path scripts() throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null) {
      if (Files.isExecutable(folder.resolve("packaging/lab/node.sh"))) {
        return folder.resolve("packaging/lab");
      }
      folder = folder.getParent();
    }
    throw new IOException("packaging/lab is not above " + Path.of("").toAbsolutePath());
  }

  /** A folder that is the same inside and outside. */
  public Path folder() throws IOException {
    Path folder = Files.createTempDirectory(lab, "disks");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    return folder;
  }

  public LibvirtSettings settings() {
    return new LibvirtSettings(
        Driver.QEMU,
        uri(),
        Emulation.TCG,
        Optional.empty(),
        XenSettings.usual(XenKind.PVH),
        namespace());
  }

  /** The kernel that the lab keeps for its guests, when it was fetched already. */
  Optional<Path> stockKernel() {
    return Optional.of(scripts.resolve("../../var/cache/tiny/vmlinuz")).filter(Files::exists);
  }

  String uri() {
    return "qemu+unix:///system?socket="
        + lab.resolve(site + "-" + name()).resolve("run/libvirt/libvirt-sock");
  }

  /** The node's network, as a file that a thread can enter. */
  public Path namespace() {
    return Path.of("/run/netns", site + "-" + name());
  }

  /** Runs a command inside the node and answers with what it prints. */
  public String inside(String... command) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("exec", name()));
    arguments.addAll(List.of(command));
    return script("node.sh", arguments.toArray(String[]::new));
  }

  /** {@code start}, {@code stop}, {@code kill}, {@code freeze} or {@code thaw}. */
  public void libvirtd(String what) throws IOException {
    script("node.sh", "libvirtd", name(), what);
  }

  private String script(String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(scripts.resolve(name).toString()));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("hospes-lab-", ".out");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(output.toFile());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder
        .environment()
        .putAll(
            Map.of(
                "HOSPES_SITE",
                site,
                "HOSPES_BLOCK",
                System.getenv().getOrDefault("HOSPES_BLOCK", "1"),
                "HOSPES_LAB_DIR",
                lab.toString(),
                "HOSPES_CONTROL_GROUPS",
                controlGroups ? "yes" : "no"));
    Process process = builder.start();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " does not end");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException(command + " was interrupted", e);
    }
    String said = Files.readString(output, UTF_8);
    Files.delete(output);
    if (process.exitValue() != 0) {
      throw new IOException(command + " ended with " + process.exitValue() + ": " + said);
    }
    return said;
  }

  @Override
  public void close() throws IOException {
    script("node.sh", "down", name());
    if (number > 1) {
      return;
    }
    script("site.sh", "down");
    if (!Files.exists(lab)) {
      return;
    }
    try (Stream<Path> files = Files.walk(lab)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
