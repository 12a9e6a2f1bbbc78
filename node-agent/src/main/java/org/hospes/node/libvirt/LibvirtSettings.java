package org.hospes.node.libvirt;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Which hypervisor and how.
 *
 * @param uri libvirt's, like {@code qemu:///system} or {@code
 *     qemu+unix:///system?socket=/run/libvirt/libvirt-sock}
 * @param emulation for {@link Driver#QEMU} only
 * @param probeKernel a stock kernel to try KVM with for {@link Emulation#AUTO}; empty: one from
 *     /boot
 * @param xen for {@link Driver#XEN} only
 * @param networkNamespace that the guests' device models live in: several nodes on one machine see
 *     each other's processes, and this tells whose they are. {@code /proc/self/ns/net} is the
 *     agent's own.
 */
public record LibvirtSettings(
    Driver driver,
    String uri,
    Emulation emulation,
    Optional<Path> probeKernel,
    XenSettings xen,
    Path networkNamespace) {

  /** The libvirt drivers that guests can be written for. */
  public enum Driver {
    QEMU("qemu:///system"),
    XEN("xen:///system"),
    /** Libvirt's own, which runs nothing. */
    TEST("test:///default");

    private final String usualUri;

    Driver(String usualUri) {
      this.usualUri = usualUri;
    }

    public String usualUri() {
      return usualUri;
    }
  }

  /** How QEMU executes guest instructions. */
  public enum Emulation {
    /** KVM where a probe guest really boots with it, else emulation. */
    AUTO,
    KVM,
    TCG
  }

  /** Of the two ways to be a Xen guest without hardware's help, which the site runs. */
  public enum XenKind {
    PV,
    PVH
  }

  /** Who finds the kernel on a Xen guest's first disk. */
  public enum XenBoot {
    /** The site's GRUB, inside the guest, with no more rights than the guest has. */
    LOADER,
    /** Xen's pygrub, which takes the guest's file system apart in the first domain. */
    PYGRUB
  }

  /**
   * For Xen.
   *
   * @param boot how a guest comes up whose image brings its own boot loader
   * @param pvLoader the site's GRUB for PV guests, which reads the guest's first disk from inside
   *     the guest
   * @param pvhLoader the same for PVH guests
   * @param pygrub Xen's own
   * @param consoleDirectory where xenconsoled keeps its logs (started with {@code --log=guest})
   */
  public record XenSettings(
      XenKind kind,
      XenBoot boot,
      Path pvLoader,
      Path pvhLoader,
      Path pygrub,
      Path consoleDirectory) {
    public XenSettings {
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(boot, "boot");
    }

    /** Where {@code xen-loader} puts the site's GRUBs, and Debian's packages the consoles. */
    public static XenSettings usual(XenKind kind) {
      return new XenSettings(
          kind,
          XenBoot.LOADER,
          Path.of("/usr/local/lib/hospes/grub-xen-pv.bin"),
          Path.of("/usr/local/lib/hospes/grub-xen-pvh.bin"),
          Path.of("/usr/lib/xen-4.17/bin/pygrub"),
          Path.of("/var/log/xen/console"));
    }

    /** What boots a guest here whose image brings its own boot loader. */
    Path loader() {
      if (boot == XenBoot.PYGRUB) {
        return pygrub;
      }
      return kind == XenKind.PVH ? pvhLoader : pvLoader;
    }
  }

  public LibvirtSettings {
    Objects.requireNonNull(driver, "driver");
    Objects.requireNonNull(uri, "uri");
    Objects.requireNonNull(emulation, "emulation");
    Objects.requireNonNull(probeKernel, "probeKernel");
    Objects.requireNonNull(xen, "xen");
    Objects.requireNonNull(networkNamespace, "networkNamespace");
  }

  /** For guests of this process's own network namespace, with the usual places for Xen's files. */
  public static LibvirtSettings of(Driver driver, String uri, Emulation emulation) {
    return new LibvirtSettings(
        driver,
        uri,
        emulation,
        Optional.empty(),
        XenSettings.usual(XenKind.PVH),
        Path.of("/proc/self/ns/net"));
  }
}
