package org.hospes.node.libvirt;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestLimits;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.Limit;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.w3c.dom.Element;

/** What guests are held to, on each of the three drivers by the part that can do it. */
record HeldLimits(Driver driver, XenThrottle onXen) {

  void require(Connect connect, Set<Limit> kinds) throws LibvirtException, HypervisorException {
    if (kinds.contains(Limit.CPU_CAP)) {
      ProcessorCap.require(driver, connect);
    }
    if (kinds.contains(Limit.DISK_RATE) && driver == Driver.TEST) {
      throw new HypervisorException(
          Kind.REFUSED,
          "guests' disks cannot be held to a rate: libvirt's test driver reads and writes none");
    }
  }

  GuestLimits read(OpenConnect connect, UUID id) throws LibvirtException, HypervisorException {
    FoundDomain found = FoundDomain.existing(connect, id);
    Domain domain = connect.domainLookupByUUIDString(id.toString());
    try {
      OptionalLong rate =
          switch (driver) {
            case QEMU -> QemuThrottle.read(connect, id, disks(domain));
            case XEN -> onXen.read(found.number());
            case TEST -> OptionalLong.empty();
          };
      return new GuestLimits(ProcessorCap.read(driver, domain), rate);
    } finally {
      domain.free();
    }
  }

  /** Sets what is not so already: a part that cannot is not asked for what nobody wants of it. */
  void set(OpenConnect connect, UUID id, GuestLimits wanted)
      throws LibvirtException, HypervisorException {
    GuestLimits now = read(connect, id);
    if (now.equals(wanted)) {
      return;
    }
    if (driver == Driver.TEST) {
      require(connect, wanted.kinds());
    }
    int number = FoundDomain.existing(connect, id).number();
    Domain domain = connect.domainLookupByUUIDString(id.toString());
    try {
      if (!now.cpuPercent().equals(wanted.cpuPercent())) {
        capProcessors(domain, wanted.cpuPercent());
      }
      if (now.diskRate().equals(wanted.diskRate())) {
        return;
      }
      if (driver == Driver.XEN) {
        onXen.set(number, wanted.diskRate());
      } else {
        QemuThrottle.set(connect, id, disks(domain), wanted.diskRate());
      }
    } finally {
      domain.free();
    }
  }

  private void capProcessors(Domain domain, OptionalInt percent)
      throws LibvirtException, HypervisorException {
    try {
      ProcessorCap.set(driver, domain, percent);
    } catch (LibvirtException e) {
      if (LibvirtErrors.isMissingControlGroup(e)) {
        throw ProcessorCap.withoutControlGroups(e);
      }
      throw e;
    }
  }

  /** What its disks are called, those that are only read too. */
  private static List<String> disks(Domain domain) throws LibvirtException {
    return DomainFacts.descendants(DomainFacts.root(domain.getXMLDesc(0)), null, "disk").stream()
        .flatMap(disk -> DomainFacts.descendants(disk, null, "target").stream())
        .map((Element target) -> target.getAttribute("dev"))
        .toList();
  }
}
