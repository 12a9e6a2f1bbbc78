package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.hospes.node.hypervisor.TinyDisk;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.libvirt.LibvirtSettings.Emulation;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;

/** The first domain of a Xen host, for tests that run in it. */
public final class XenLab {
  private XenLab() {}

  public static LibvirtSettings settings() {
    return settings(kind());
  }

  static LibvirtSettings settings(XenKind kind) {
    LibvirtSettings usual = LibvirtSettings.of(Driver.XEN, "xen:///system", Emulation.AUTO);
    return new LibvirtSettings(
        usual.driver(),
        usual.uri(),
        usual.emulation(),
        usual.probeKernel(),
        XenSettings.usual(kind),
        usual.networkNamespace());
  }

  /**
   * PV, which needs nothing of the processor, unless {@code hospes.tests.xen-kind} says otherwise.
   */
  private static XenKind kind() {
    return XenKind.valueOf(
        System.getProperty("hospes.tests.xen-kind", "pv").toUpperCase(Locale.ROOT));
  }

  /** What the guest's GRUB finds: it says the greeting, and waits. */
  public static byte[] disk(Path folder) throws Exception {
    Path files = Files.createDirectories(folder.resolve("files/boot/grub"));
    Files.writeString(
        files.resolve("grub.cfg"),
        "echo " + TinyDisk.GREETING.strip() + "\nwhile true; do sleep 60; done\n");
    Path made = folder.resolve("made");
    run("mkfs.ext4", "-q", "-d", folder.resolve("files").toString(), made.toString(), "2M");
    return Files.readAllBytes(made);
  }

  /** What a program says, which must end well. */
  public static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + said);
    return said;
  }
}
