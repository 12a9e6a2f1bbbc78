package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.hypervisor.Ability;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.hypervisor.ConsoleOutput;
import org.hospes.node.hypervisor.ConsoleSource;
import org.hospes.node.hypervisor.GuestOwner;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.Limit;
import org.hospes.node.hypervisor.OpenFile;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.NodeInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * In what the three drivers differ, found out once when the hypervisor is opened.
 *
 * @param writer of domain documents
 */
record DriverTraits(LibvirtSettings settings, DomainWriter writer, Capabilities capabilities) {
  private static final Logger log = LoggerFactory.getLogger(DriverTraits.class);
  private static final int LAST_WORD_WITHIN = 256;

  static DriverTraits of(LibvirtSettings settings, Connect connect)
      throws LibvirtException, HypervisorException {
    return switch (settings.driver()) {
      case QEMU -> qemu(settings, connect);
      case XEN -> xen(settings, connect);
      case TEST ->
          new DriverTraits(
              settings,
              new TestDomain(),
              capabilities(
                  connect,
                  "libvirt test driver",
                  "",
                  false,
                  "test",
                  Optional.empty(),
                  Optional.empty()));
    };
  }

  private static DriverTraits xen(LibvirtSettings settings, Connect connect)
      throws LibvirtException, HypervisorException {
    XenHost host = XenHost.look(connect);
    host.requireGuests(settings.xen());
    if (settings.xen().boot() == XenBoot.PYGRUB) {
      PygrubConfinement.here().require();
    }
    XenKind kind = settings.xen().kind();
    return new DriverTraits(
        settings, new XenDomain(settings.xen()), host.capabilities(kind, live(host, kind)));
  }

  /** Xen notes what a guest writes where the processor helps; of PV guests Debian's does not. */
  private static boolean live(XenHost host, XenKind kind) {
    if (kind != XenKind.PVH) {
      return false;
    }
    if (!host.release().equals(XenLibrary.VERSION) || !XenLibrary.isHere()) {
      log.warn(
          "guests stand still while their memory is saved: that they run meanwhile takes the"
              + " libraries of Xen {} (libxenlight, libxenctrl), and this is Xen {}",
          XenLibrary.VERSION,
          host.release());
      return false;
    }
    return true;
  }

  private static DriverTraits qemu(LibvirtSettings settings, Connect connect)
      throws LibvirtException, HypervisorException {
    HostFacts facts = HostFacts.parse(connect.getCapabilities());
    GuestOwner owner =
        facts
            .owner()
            .orElseThrow(
                () ->
                    new HypervisorException(
                        Kind.REFUSED,
                        facts.rootGuests()
                            ? "libvirt would run guests as root; set user and group in qemu.conf to"
                                + " libvirt's own unprivileged user"
                            : "libvirt does not say as whom it runs guests; its DAC driver is off"));
    warnOfClosedKvm();
    boolean kvm = kvm(settings, facts, owner);
    return new DriverTraits(
        settings,
        new QemuDomain(kvm, owner),
        capabilities(
            connect,
            "QEMU",
            kvm ? "kvm" : "tcg",
            true,
            "qemu",
            Optional.of(machine(connect.getVersion(), kvm, facts)),
            Optional.of(owner)));
  }

  /**
   * A memory holds the state of QEMU's own devices and of a processor: the host's where KVM lends
   * it, QEMU's own otherwise.
   */
  private static String machine(long version, boolean kvm, HostFacts facts) {
    return "qemu " + dotted(version) + (kvm ? " kvm " + facts.processor() : " tcg x86_64");
  }

  private static String dotted(long version) {
    return "%d.%d.%d".formatted(version / 1_000_000, version / 1_000 % 1_000, version % 1_000);
  }

  /**
   * Libvirt asks QEMU for its abilities with more rights than a guest has. Where it finds KVM so
   * and the guests' user then may not open the device, it asks anew at every start, for ten
   * seconds.
   */
  private static void warnOfClosedKvm() {
    Path device = Path.of("/dev/kvm");
    try {
      if (Files.exists(device)
          && !Files.getPosixFilePermissions(device).contains(PosixFilePermission.GROUP_WRITE)
          && !Files.getPosixFilePermissions(device).contains(PosixFilePermission.OTHERS_WRITE)) {
        log.warn(
            "{} is closed to guests, which makes libvirt start each of them ten seconds slower;"
                + " mend: chgrp kvm {} && chmod 0660 {}",
            device,
            device,
            device);
      }
    } catch (IOException e) {
      log.debug("{}: {}", device, e.getMessage());
    }
  }

  private static boolean kvm(LibvirtSettings settings, HostFacts facts, GuestOwner owner)
      throws HypervisorException {
    switch (settings.emulation()) {
      case TCG:
        return false;
      case KVM:
        if (!facts.offersKvm()) {
          throw new HypervisorException(
              Kind.REFUSED, "emulation: kvm is asked for, but libvirt offers no KVM here");
        }
        return true;
      default:
        return facts.offersKvm()
            && facts.emulator().isPresent()
            && KvmProbe.boots(Path.of(facts.emulator().get()), settings.probeKernel(), owner);
    }
  }

  private static Capabilities capabilities(
      Connect connect,
      String name,
      String kind,
      boolean holdsFiles,
      String platform,
      Optional<String> machine,
      Optional<GuestOwner> owner)
      throws LibvirtException {
    NodeInfo node = connect.nodeInfo();
    String described = name + " " + dotted(connect.getVersion());
    return new Capabilities(
        kind.isEmpty() ? described : described + " (" + kind.toLowerCase(Locale.ROOT) + ")",
        node.cpus,
        node.memory * 1024,
        holdsFiles,
        holdsFiles,
        true,
        // Libvirt's test driver has no consoles, and restores a domain from the saved document
        // alone.
        holdsFiles
            ? EnumSet.complementOf(EnumSet.of(Ability.LIVE))
            : EnumSet.of(Ability.PAUSE, Ability.STOP),
        platform,
        machine,
        holdsFiles ? EnumSet.allOf(Limit.class) : EnumSet.noneOf(Limit.class),
        owner);
  }

  /** Creates the domain with its processors stopped. */
  Domain create(Connect connect, String xml) throws LibvirtException {
    if (settings.driver() == Driver.TEST) {
      // It cannot start paused; since it never executes anything, pausing afterwards is the same.
      Domain domain = connect.domainCreateXML(xml, Domain.CreateFlags.NONE);
      domain.suspend();
      return domain;
    }
    return connect.domainCreateXML(xml, Domain.CreateFlags.PAUSED);
  }

  /** Asks the guest to power itself off. */
  void shutDown(Domain domain, UUID id) throws LibvirtException {
    try {
      domain.shutdown();
    } catch (LibvirtException e) {
      // Xen waits a minute for the guest's kernel to say that it has heard, and calls it a
      // failure when it says nothing. Whether a guest heeds is its own affair.
      if (settings.driver() != Driver.XEN
          || LibvirtErrors.number(e) != ErrorNumber.VIR_ERR_INTERNAL_ERROR
          || FoundDomain.state(domain) == GuestState.ENDED) {
        throw e;
      }
      log.info("workspace={} did not answer when asked to power itself off", id);
    }
  }

  /**
   * What the guest's device model holds open.
   *
   * @param number the hypervisor's own id of the domain
   */
  List<OpenFile> openFiles(GuestProcesses processes, DomainFacts facts, int number)
      throws HypervisorException {
    if (!capabilities.holdsFiles()) {
      return List.of();
    }
    String option = settings.driver() == Driver.XEN ? "-xen-domid" : "-uuid";
    String value = settings.driver() == Driver.XEN ? Integer.toString(number) : facts.uuid();
    List<Long> found = processes.find(option, value);
    if (found.size() != 1) {
      throw new HypervisorException(
          Kind.UNKNOWABLE,
          "cannot tell what guest "
              + facts.uuid()
              + " holds open: expected one QEMU process with "
              + option
              + " "
              + value
              + ", found "
              + found.size(),
          Map.of("guest", facts.uuid(), "processes", found.toString()),
          null);
    }
    List<OpenFile> held =
        new ArrayList<>(
            processes.heldBy(
                found.get(0),
                facts.name(),
                path -> settings.driver() == Driver.XEN && XenHost.isOwnFile(path, facts.name())));
    if (settings.driver() == Driver.XEN) {
      held.addAll(XenBackends.here().devices(number));
      held.sort(Comparator.comparing(OpenFile::path));
    }
    return List.copyOf(held);
  }

  /** Where the guest's console output is kept here. */
  Path consoleLog(ConsoleSource source) {
    return settings.driver() == Driver.XEN
        ? settings.xen().consoleDirectory().resolve("guest-" + source.name() + ".log")
        : source.log();
  }

  /** Whether the last that came of a guest's console is the site's boot loader's last word. */
  boolean loaderGaveUp(UUID id) {
    if (settings.driver() != Driver.XEN) {
      return false;
    }
    Path console = consoleLog(new ConsoleSource(id, GuestSpec.nameOf(id), Path.of("/dev/null")));
    try {
      long end = new ConsoleLog(console).read(Long.MAX_VALUE, 1).offset();
      long from = Math.max(0, end - LAST_WORD_WITHIN);
      ConsoleOutput tail = new ConsoleLog(console).read(from, LAST_WORD_WITHIN);
      return new String(tail.bytes(), US_ASCII).contains(XenDomain.NOTHING_TO_BOOT);
    } catch (IOException e) {
      log.warn("workspace={} how it ended is not on its console: {}", id, e.getMessage());
      return false;
    }
  }
}
