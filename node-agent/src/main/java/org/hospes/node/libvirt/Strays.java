package org.hospes.node.libvirt;

import java.util.UUID;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a libvirtd that was killed between starting a guest and writing that down knows nothing of
 * afterwards: a process of QEMU, or a domain of Xen with its device model.
 */
record Strays(Driver driver, GuestProcesses processes, XenDomains domains) {
  private static final Logger log = LoggerFactory.getLogger(Strays.class);

  /**
   * Ends what is left of a guest that libvirt is known not to have: it holds the guest's disk.
   *
   * @throws HypervisorException when it cannot be ended, or not be told whether there is any
   */
  void end(UUID id) throws HypervisorException {
    switch (driver) {
      case QEMU -> endProcesses(id, "-uuid", id.toString());
      case XEN -> {
        for (XenDomains.Listed domain : domains.of(id)) {
          log.warn(
              "workspace={} has a domain of Xen that libvirt does not know, number={}; ending it",
              id,
              domain.number());
          domains.end(domain);
          endProcesses(id, "-xen-domid", Integer.toString(domain.number()));
        }
      }
      case TEST -> {}
    }
  }

  private void endProcesses(UUID id, String option, String value) throws HypervisorException {
    for (long pid : processes.find(option, value)) {
      log.warn("workspace={} has a process that libvirt does not know, pid={}; ending it", id, pid);
      processes.end(pid);
    }
  }
}
