package org.hospes.node.libvirt;

import java.util.List;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestOwner;
import org.hospes.node.hypervisor.GuestSpec;

/**
 * A guest on QEMU: a plain PC with virtio devices and nothing that it was not given; no USB, no
 * graphics, no sound, no network boot.
 */
final class QemuDomain extends DomainWriter {
  private final boolean kvm;
  private final GuestOwner owner;

  /**
   * @param owner the user that QEMU runs as
   */
  QemuDomain(boolean kvm, GuestOwner owner) {
    this.kvm = kvm;
    this.owner = owner;
  }

  @Override
  String write(GuestSpec spec, boolean withShares) {
    Markup domain = begin(kvm ? "kvm" : "qemu", spec);
    // Pages shared between guests leak what is in them, by timing.
    domain.add("memoryBacking").add("nosharepages");
    domain.add("vcpu").with("placement", "static").text(spec.cpus());
    if (withShares && spec.cpuShares().isPresent()) {
      domain.add("cputune").add("shares").text(spec.cpuShares().getAsInt());
    }
    Markup os = domain.add("os");
    // The older of the two PCs, since it has less to probe and boots sooner under emulation.
    os.add("type").with("arch", "x86_64").with("machine", "pc").text("hvm");
    if (spec.boot() instanceof GuestBoot.SiteKernel kernel) {
      os.add("kernel").text(kernel.kernel());
      kernel.initrd().ifPresent(initrd -> os.add("initrd").text(initrd));
      os.add("cmdline").text(kernel.commandLine());
    }
    Markup features = domain.add("features");
    features.add("acpi");
    features.add("apic");
    processor(domain);
    domain.add("clock").with("offset", "utc");
    endForGood(domain);
    Markup pm = domain.add("pm");
    pm.add("suspend-to-mem").with("enabled", "no");
    pm.add("suspend-to-disk").with("enabled", "no");
    devices(domain.add("devices"), spec);
    // Static, because only then libvirt lets every file of the guest keep its owner, the kernel and
    // the whole chain of each disk; what QEMU may not open as this user stays closed to it.
    Markup label =
        domain.add("seclabel").with("type", "static").with("model", "dac").with("relabel", "no");
    label.add("label").text("+" + owner.uid() + ":+" + owner.gid());
    return domain.toXml();
  }

  private void processor(Markup domain) {
    // The emulator's own default lacks instructions that current distributions are compiled for.
    domain.add("cpu").with("mode", kvm ? "host-model" : "maximum").with("check", "none");
  }

  private void devices(Markup devices, GuestSpec spec) {
    devices.add("controller").with("type", "usb").with("index", 0).with("model", "none");
    List<GuestDisk> disks = spec.disks();
    for (int i = 0; i < disks.size(); i++) {
      GuestDisk disk = disks.get(i);
      Markup element = devices.add("disk").with("type", "file").with("device", "disk");
      Markup driver = element.add("driver").with("name", "qemu").with("type", format(disk));
      if (!disk.readOnly()) {
        driver.with("discard", "unmap");
      }
      chain(element, disk.layers());
      element.add("target").with("dev", target("vd", i)).with("bus", "virtio");
      if (disk.readOnly()) {
        element.add("readonly");
      }
      if (i == 0 && spec.boot() instanceof GuestBoot.OwnLoader) {
        element.add("boot").with("order", 1);
      }
    }
    Markup network = devices.add("interface").with("type", "bridge");
    network.add("mac").with("address", spec.network().mac());
    network.add("source").with("bridge", spec.network().bridge());
    network.add("target").with("dev", spec.network().device());
    network.add("port").with("isolated", "yes");
    network.add("model").with("type", "virtio");
    network.add("rom").with("enabled", "no");
    serial(devices, spec);
    devices.add("video").add("model").with("type", "none");
    devices.add("memballoon").with("model", "none");
    // Says that the guest's kernel panicked; without it a panic is a guest that does nothing.
    devices.add("panic").with("model", "isa");
    Markup random = devices.add("rng").with("model", "virtio");
    random.add("rate").with("bytes", 65_536).with("period", 1_000);
    random.add("backend").with("model", "random").text("/dev/urandom");
  }

  /**
   * A terminal, and beside it the log, which is complete whether or not somebody is on the
   * terminal. QEMU gets a pipe to virtlogd, which keeps the file, and keeps it within bounds.
   */
  private static void serial(Markup devices, GuestSpec spec) {
    Markup serial = devices.add("serial").with("type", "pty");
    serial.add("log").with("file", spec.consoleLog()).with("append", "on");
    serial.add("target").with("type", "isa-serial").with("port", 0);
  }
}
