package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.image.DiskFormat;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.hypervisor.ConsoleContract;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.ForeignDomain;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.TinyDisk;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/**
 * Real guests on real Xen. Runs in the first domain, where no build does, so it is not found by its
 * name; {@link TestsByHand} runs it there.
 */
final class LibvirtXenContract implements ConsoleContract {
  private static final String BRIDGE = "contract0";

  /** A GRUB takes more than a boot sector. */
  private static final long MEMORY = 64L << 20;

  private static LibvirtHypervisor hypervisor;
  private static Path folder;
  private static byte[] disk;

  @BeforeAll
  static void raise() throws Exception {
    hypervisor = LibvirtHypervisor.open(XenLab.settings(), Clock.systemUTC());
    folder = Files.createTempDirectory(Path.of("/var/lib/hospes"), "contract");
    disk = XenLab.disk(folder);
    XenLab.run("ip", "link", "add", BRIDGE, "type", "bridge");
  }

  @AfterAll
  static void takeDown() throws Exception {
    if (hypervisor != null) {
      hypervisor.close();
    }
    XenLab.run("ip", "link", "del", BRIDGE);
    XenLab.run("rm", "-rf", folder.toString());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    assertEquals(List.of(), hypervisor.list());
    assertFalse(XenLab.run("ip", "-o", "link").contains(" hg"), "a guest's interface is left");
    assertEquals(
        2, XenLab.run("xl", "list").lines().count(), "the first domain and a line above it");
  }

  /**
   * A paravirtual guest must help when it is saved, and a GRUB does not; this one is the lab's tiny
   * guest, its kernel handed over by the site.
   */
  @Override
  public GuestSpec guestToBeSaved() throws Exception {
    GuestSpec idle = guest();
    Path kernels = Path.of(System.getProperty("hospes.tests.kernel"));
    GuestBoot kernel =
        new GuestBoot.SiteKernel(
            kernels.resolve("vmlinuz"),
            Optional.of(kernels.resolve("initrd")),
            "console=hvc0 quiet loglevel=3 panic=-1 random.trust_cpu=on");
    return sized(spec(idle.id(), idle.name(), idle.disks(), kernel), 128L << 20);
  }

  @Override
  public String greeting() {
    return "Enter 'help' for a list of built-in commands.";
  }

  /** It answers, and had not to boot for it. */
  @Override
  public void assertWentOn(GuestSpec spec, String said) throws Exception {
    try (ConsoleLine line = hypervisor.openConsole(spec.id())) {
      byte[] typed = "echo back=$((6*7))\n".getBytes(UTF_8);
      assertEquals(typed.length, line.type(typed, 0, typed.length));
      awaitConsole(spec, "back=42");
    }
    String all = console(spec);
    assertTrue(all.startsWith(said), all);
    assertEquals(all.indexOf(greeting()), all.lastIndexOf(greeting()), "it did not boot: " + all);
  }

  @Override
  public Hypervisor hypervisor() {
    return hypervisor;
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public String bridge() {
    return BRIDGE;
  }

  @Override
  public GuestSpec guest(TinyDisk.Then then) throws Exception {
    UUID id = UUID.randomUUID();
    Path base = folder.resolve("base-" + id);
    Files.write(base, disk);
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("r--r--r--"));
    Path seed = folder.resolve("seed-" + id);
    Files.write(seed, new byte[TinyDisk.BYTES]);
    Files.setPosixFilePermissions(seed, PosixFilePermissions.fromString("r--r--r--"));
    return spec(
        id,
        GuestSpec.nameOf(id),
        List.of(overlay(folder.resolve("overlay-" + id), base), GuestDisk.readOnly(seed)),
        new GuestBoot.OwnLoader());
  }

  @Override
  public GuestSpec spec(UUID id, String name, List<GuestDisk> disks, GuestBoot boot) {
    return sized(ConsoleContract.super.spec(id, name, disks, boot), MEMORY);
  }

  private static GuestSpec sized(GuestSpec small, long memory) {
    return new GuestSpec(
        small.id(),
        small.name(),
        small.cpus(),
        memory,
        OptionalInt.of(512),
        small.disks(),
        small.network(),
        small.boot(),
        small.consoleLog(),
        small.metadata());
  }

  @Override
  public GuestDisk overlay(Path file, Path rawBase) throws Exception {
    return new GuestDisks(DiskTools.usual(), Optional.empty())
        .overlay(file, new DiskLayer(rawBase, DiskFormat.RAW), Files.size(rawBase));
  }

  @Override
  public boolean executes() {
    return true;
  }

  @Override
  public ForeignDomain stranger() throws Exception {
    UUID id = UUID.randomUUID();
    Markup domain = Markup.document("domain").with("type", "xen");
    domain.add("name").text("stranger");
    domain.add("uuid").text(id);
    domain.add("memory").with("unit", "MiB").text(64);
    Markup os = domain.add("os");
    os.add("type").with("arch", "x86_64").with("machine", "xenpv").text("linux");
    os.add("kernel").text(XenSettings.usual(XenKind.PV).pvLoader());
    // Without it the GRUB finds nothing to do, and ends.
    Path file = Files.write(folder.resolve("stranger"), disk);
    Markup device = domain.add("devices").add("disk").with("type", "file").with("device", "disk");
    device.add("driver").with("name", "qemu").with("type", "raw");
    device.add("source").with("file", file);
    device.add("target").with("dev", "xvda").with("bus", "xen");
    Path xml = folder.resolve("stranger.xml");
    Files.writeString(xml, domain.toXml());
    XenLab.run("virsh", "-q", "-c", "xen:///system", "create", xml.toString());
    return new ForeignDomain(id.toString(), "stranger");
  }

  @Override
  public void strangerLeaves(ForeignDomain stranger) throws Exception {
    XenLab.run("virsh", "-q", "-c", "xen:///system", "destroy", stranger.uuid());
  }
}
