package org.hospes.node.libvirt;

import java.util.List;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;

/**
 * A guest on Xen, PV or PVH. Its own boot loader is read by the site's grub-xen, which runs inside
 * the guest, unless the operator chose pygrub, which takes the guest's file system apart in the
 * first domain. Libvirt's Xen driver knows no relabelling, no port isolation and no filters, so
 * none is written; the node's own rules, keyed by the interface's name, do that work.
 */
final class XenDomain extends DomainWriter {
  /** What the GRUBs of {@code bin/xen-loader} say last when they end for want of a kernel. */
  static final String NOTHING_TO_BOOT = "hospes: nothing to boot";

  private final XenSettings settings;

  XenDomain(XenSettings settings) {
    this.settings = settings;
  }

  @Override
  String write(GuestSpec spec, boolean withShares) {
    boolean pvh = settings.kind() == XenKind.PVH;
    Markup domain = begin("xen", spec);
    domain.add("vcpu").with("placement", "static").text(spec.cpus());
    if (withShares && spec.cpuShares().isPresent()) {
      // Linux weighs a whole guest, from 1024; Xen each of its processors, from 256, which is what
      // those of the first domain weigh, whose work and whose users' work nobody else does.
      int weight = Math.min(Math.max(1, spec.cpuShares().getAsInt() / 4 / spec.cpus()), 65_535);
      domain.add("cputune").add("shares").text(weight);
    }
    boolean ownLoader = !(spec.boot() instanceof GuestBoot.SiteKernel);
    if (ownLoader && settings.boot() == XenBoot.PYGRUB) {
      domain.add("bootloader").text(settings.pygrub());
    }
    Markup os = domain.add("os");
    os.add("type")
        .with("arch", "x86_64")
        .with("machine", pvh ? "xenpvh" : "xenpv")
        .text(pvh ? "xenpvh" : "linux");
    if (spec.boot() instanceof GuestBoot.SiteKernel kernel) {
      os.add("kernel").text(kernel.kernel());
      kernel.initrd().ifPresent(initrd -> os.add("initrd").text(initrd));
      os.add("cmdline").text(kernel.commandLine());
    } else if (settings.boot() == XenBoot.LOADER) {
      os.add("kernel").text(settings.loader());
    }
    domain.add("clock").with("offset", "utc");
    endForGood(domain);
    Markup devices = domain.add("devices");
    List<GuestDisk> disks = spec.disks();
    for (int i = 0; i < disks.size(); i++) {
      GuestDisk disk = disks.get(i);
      boolean device = disk.layers().get(0).isDevice();
      // Read-only, it must be a CD-ROM: libxl opens a disk for writing whatever is asked, the
      // device
      // model drops it then, and the guest starts without it. The guest sees a block device in
      // both cases.
      Markup element =
          devices
              .add("disk")
              .with("type", device ? "block" : "file")
              .with("device", disk.readOnly() ? "cdrom" : "disk");
      // Named, or libxl may put a raw file on a loop device, whose holder is the kernel and not a
      // process that can be looked at.
      // A volume is served by the kernel, without a device model.
      element.add("driver").with("name", device ? "phy" : "qemu").with("type", format(disk));
      chain(element, disk.layers());
      element.add("target").with("dev", target("xvd", i)).with("bus", "xen");
      if (disk.readOnly()) {
        element.add("readonly");
      }
    }
    Markup network = devices.add("interface").with("type", "bridge");
    network.add("mac").with("address", spec.network().mac());
    network.add("source").with("bridge", spec.network().bridge());
    network.add("target").with("dev", spec.network().device());
    devices.add("console").with("type", "pty").add("target").with("type", "xen").with("port", 0);
    return domain.toXml();
  }
}
