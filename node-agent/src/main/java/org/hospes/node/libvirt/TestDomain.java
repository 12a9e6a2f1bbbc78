package org.hospes.node.libvirt;

import java.util.List;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestSpec;

/** A guest on libvirt's test driver, which keeps the document and runs nothing. */
final class TestDomain extends DomainWriter {

  @Override
  String write(GuestSpec spec, boolean withShares) {
    Markup domain = begin("test", spec);
    domain.add("vcpu").text(spec.cpus());
    domain.add("os").add("type").text("hvm");
    endForGood(domain);
    Markup devices = domain.add("devices");
    List<GuestDisk> disks = spec.disks();
    for (int i = 0; i < disks.size(); i++) {
      GuestDisk disk = disks.get(i);
      Markup element = devices.add("disk").with("type", "file").with("device", "disk");
      element.add("driver").with("name", "qemu").with("type", format(disk));
      chain(element, disk.layers());
      element.add("target").with("dev", target("vd", i)).with("bus", "virtio");
      if (disk.readOnly()) {
        element.add("readonly");
      }
    }
    Markup network = devices.add("interface").with("type", "bridge");
    network.add("mac").with("address", spec.network().mac());
    network.add("source").with("bridge", spec.network().bridge());
    network.add("target").with("dev", spec.network().device());
    return domain.toXml();
  }
}
