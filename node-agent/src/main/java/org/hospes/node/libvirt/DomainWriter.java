package org.hospes.node.libvirt;

import java.util.List;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestMetadata;
import org.hospes.node.hypervisor.GuestSpec;

/**
 * Writes the domain document of a guest. What all hypervisors have in common is here; the
 * subclasses are named after theirs.
 */
abstract sealed class DomainWriter permits QemuDomain, XenDomain, TestDomain {
  /** Of the metadata element; its version is part of the name. */
  static final String NAMESPACE = "urn:hospes:domain:1";

  /** Local name of the metadata element. */
  static final String ELEMENT = "workspace";

  private static final long KIBIBYTE = 1024;

  /**
   * The document.
   *
   * @param withShares whether to write the weight that the specification asks for
   */
  abstract String write(GuestSpec spec, boolean withShares);

  /** Identity, papers, memory and processors. */
  final Markup begin(String type, GuestSpec spec) {
    Markup domain = Markup.document("domain").with("type", type);
    domain.add("name").text(spec.name());
    domain.add("uuid").text(spec.id());
    GuestMetadata metadata = spec.metadata();
    domain
        .add("metadata")
        .add(NAMESPACE, "hospes", ELEMENT)
        .with("id", metadata.workspace())
        .with("owner", metadata.owner())
        .with("leaseEnds", metadata.leaseEnds())
        .with("service", metadata.serviceInstance())
        .with("fingerprint", spec.fingerprint());
    domain.add("memory").with("unit", "KiB").text(spec.memoryBytes() / KIBIBYTE);
    domain.add("currentMemory").with("unit", "KiB").text(spec.memoryBytes() / KIBIBYTE);
    return domain;
  }

  /** Whatever ends a guest ends it for good: a restart would run bytes behind the agent's back. */
  final void endForGood(Markup domain) {
    domain.add("on_poweroff").text("destroy");
    domain.add("on_reboot").text("destroy");
    domain.add("on_crash").text("destroy");
  }

  /** Every layer with its format, and after the last one an empty element that says so. */
  final void chain(Markup disk, List<DiskLayer> layers) {
    disk.add("source").with(layers.get(0).isDevice() ? "dev" : "file", layers.get(0).path());
    Markup above = disk;
    for (DiskLayer layer : layers.subList(1, layers.size())) {
      above = above.add("backingStore").with("type", "file");
      above.add("format").with("type", format(layer));
      above.add("source").with("file", layer.path());
    }
    above.add("backingStore");
  }

  static String format(DiskLayer layer) {
    return layer.format() == DiskFormat.QCOW2 ? "qcow2" : "raw";
  }

  static String format(GuestDisk disk) {
    return format(disk.layers().get(0));
  }

  /** {@code vda}, {@code vdb} and so on; a specification has few enough disks for one letter. */
  static String target(String prefix, int index) {
    return prefix + (char) ('a' + index);
  }
}
