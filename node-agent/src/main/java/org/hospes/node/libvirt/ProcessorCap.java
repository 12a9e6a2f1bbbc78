package org.hospes.node.libvirt;

import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.libvirt.SchedLongParameter;
import org.libvirt.SchedParameter;
import org.libvirt.SchedUintParameter;
import org.libvirt.SchedUlongParameter;

/**
 * How much of the processors a guest may use: on QEMU a quota of its control group, everything that
 * its process does counted in; on Xen the scheduler's own cap. Both are read back through libvirt
 * from the kernel and from Xen: the domain's document is no evidence, since libvirt keeps a quota
 * in it that nobody heeds.
 */
final class ProcessorCap {
  private static final int DOM0 = 0;
  private static final long MICROSECONDS = 100_000;
  private static final String PERIOD = "global_period";
  private static final String QUOTA = "global_quota";
  private static final String CAP = "cap";

  private ProcessorCap() {}

  /** What holds now; nothing where no part of the machine would hold a guest to it. */
  static OptionalInt read(Driver driver, Domain domain) throws LibvirtException {
    if (driver == Driver.TEST) {
      return OptionalInt.empty();
    }
    SchedParameter[] found;
    try {
      found = domain.getSchedulerParameters();
    } catch (LibvirtException e) {
      if (driver == Driver.QEMU && LibvirtErrors.isMissingControlGroup(e)) {
        return OptionalInt.empty();
      }
      throw e;
    }
    long percent =
        driver == Driver.XEN
            ? value(found, CAP)
            : percent(value(found, PERIOD), value(found, QUOTA));
    return percent > 0 ? OptionalInt.of((int) percent) : OptionalInt.empty();
  }

  private static long percent(long period, long quota) {
    return quota <= 0 || period <= 0 ? 0 : Math.max(1, quota * 100 / period);
  }

  /** A parameter's value; -1 where there is none of this name. */
  private static long value(SchedParameter[] found, String name) {
    for (SchedParameter parameter : found) {
      if (parameter.field.equals(name)) {
        return Long.parseLong(parameter.getValueAsString());
      }
    }
    return -1;
  }

  static void set(Driver driver, Domain domain, OptionalInt percent) throws LibvirtException {
    if (driver == Driver.XEN) {
      set(domain, named(CAP, new SchedUintParameter(percent.orElse(0))));
    } else {
      long quota = percent.isPresent() ? percent.getAsInt() * (MICROSECONDS / 100) : -1;
      set(domain, named(PERIOD, new SchedUlongParameter(MICROSECONDS)));
      set(domain, named(QUOTA, new SchedLongParameter(quota)));
    }
  }

  /** One at a time: libvirt-java (0.5.4) fails at an array of two. */
  private static void set(Domain domain, SchedParameter parameter) throws LibvirtException {
    domain.setSchedulerParameters(new SchedParameter[] {parameter});
  }

  private static SchedParameter named(String name, SchedParameter parameter) {
    parameter.field = name;
    return parameter;
  }

  /** Refuses where no guest would be held to a cap. */
  static void require(Driver driver, Connect connect) throws LibvirtException, HypervisorException {
    switch (driver) {
      case QEMU -> requireControlGroups(connect);
      case XEN -> requireScheduler(connect);
      case TEST -> throw refused("libvirt's test driver executes nothing", null);
    }
  }

  private static void requireScheduler(Connect connect)
      throws LibvirtException, HypervisorException {
    Domain first = connect.domainLookupByID(DOM0);
    try {
      String scheduler = first.getSchedulerType();
      if (!scheduler.equals("credit2") && !scheduler.equals("credit")) {
        throw refused(
            "Xen's scheduler here is "
                + scheduler
                + ", which knows no cap; boot Xen with sched=credit2, its usual one",
            null);
      }
    } finally {
      first.free();
    }
  }

  /**
   * Without the controller libvirt takes a quota in a document and forgets it, and says so of a
   * live domain only. So one is made; it goes with this connection, whatever happens.
   */
  private static void requireControlGroups(Connect connect)
      throws LibvirtException, HypervisorException {
    Domain probe =
        connect.domainCreateXML(
            probeDocument(), Domain.CreateFlags.PAUSED | Domain.CreateFlags.AUTODESTROY);
    try {
      set(Driver.QEMU, probe, OptionalInt.of(100));
      if (read(Driver.QEMU, probe).orElse(0) != 100) {
        throw refused("the kernel does not keep the quota of a control group", null);
      }
    } catch (LibvirtException e) {
      if (!LibvirtErrors.isMissingControlGroup(e)) {
        throw e;
      }
      throw withoutControlGroups(e);
    } finally {
      probe.destroy();
      probe.free();
    }
  }

  /** A machine without anything, whose processor never runs. */
  private static String probeDocument() {
    UUID id = UUID.randomUUID();
    Markup domain = Markup.document("domain").with("type", "qemu");
    domain.add("name").text("hospes-probe-" + id);
    domain.add("uuid").text(id);
    domain.add("memory").with("unit", "MiB").text(16);
    domain.add("vcpu").text(1);
    domain.add("os").add("type").with("arch", "x86_64").with("machine", "pc").text("hvm");
    Markup devices = domain.add("devices");
    devices.add("controller").with("type", "usb").with("index", 0).with("model", "none");
    devices.add("video").add("model").with("type", "none");
    devices.add("memballoon").with("model", "none");
    return domain.toXml();
  }

  static HypervisorException withoutControlGroups(LibvirtException e) {
    return refused(
        "libvirt has no processor controller of the control groups here, which would hold them"
            + " to it; mount it, and see that cgroup_controllers in qemu.conf, if set, names"
            + " \"cpu\"",
        e);
  }

  private static HypervisorException refused(String why, Throwable cause) {
    return new HypervisorException(
        Kind.REFUSED, "guests cannot be held to a share of a processor: " + why, Map.of(), cause);
  }
}
