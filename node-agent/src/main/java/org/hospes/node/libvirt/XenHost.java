package org.hospes.node.libvirt;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.hospes.node.hypervisor.Ability;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.Limit;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * What is particular about a machine that runs Xen.
 *
 * @param version libvirt's number for it; the third part is always 0
 * @param cpus processors of the machine
 * @param guestMemoryBytes what guests have and may still get. Libvirt's figure of the machine
 *     counts the first domain and Xen itself in, which no guest can have.
 * @param offersPvh whether the processor and Xen run PVH guests
 * @param processor what Xen lets be seen of it: equal words are equal processors
 */
record XenHost(long version, int cpus, long guestMemoryBytes, boolean offersPvh, String processor) {
  private static final long KIBIBYTE = 1024;

  /**
   * What libvirtd holds, device models inherit: the logs of libvirt's driver, its own and one for
   * each domain, and the list of addresses that packet filters learnt.
   */
  private static final Pattern INHERITED =
      Pattern.compile(
          "/var/log/libvirt/libxl/[A-Za-z0-9._-]+\\.log|/run/libvirt/network/nwfilter\\.leases");

  static XenHost look(Connect connect) throws LibvirtException {
    String capabilities = connect.getCapabilities();
    return new XenHost(
        connect.getVersion(),
        connect.nodeInfo().cpus,
        connect.getFreeMemory() + heldByGuests(connect),
        offersPvh(capabilities),
        HostFacts.parse(capabilities).processor());
  }

  /** Of this agent's guests: somebody else's domains keep what they have. */
  private static long heldByGuests(Connect connect) throws LibvirtException {
    long kibibytes = 0;
    for (Domain domain : connect.listAllDomains(0)) {
      try {
        if (FoundDomain.look(domain).facts().papers().isPresent()) {
          kibibytes += domain.getInfo().memory;
        }
      } catch (LibvirtException e) {
        if (!LibvirtErrors.isAbsent(e)) {
          throw e;
        }
      } finally {
        domain.free();
      }
    }
    return kibibytes * KIBIBYTE;
  }

  static boolean offersPvh(String capabilities) {
    return DomainFacts.descendants(DomainFacts.root(capabilities), null, "os_type").stream()
        .anyMatch(type -> type.getTextContent().strip().equals("xenpvh"));
  }

  /** Refuses settings with which no guest would start here, before one is promised. */
  void requireGuests(XenSettings settings) throws HypervisorException {
    if (settings.kind() == XenKind.PVH && !offersPvh) {
      throw new HypervisorException(
          Kind.REFUSED,
          "hypervisor.xen-kind is pvh, but Xen runs no PVH guests on this machine: they need AMD-V"
              + " or VT-x, switched on in the firmware; with hypervisor.xen-kind: pv guests run"
              + " without");
    }
    Path loader = settings.loader();
    if (!Files.isReadable(loader) && settings.boot() == XenBoot.PYGRUB) {
      throw new HypervisorException(
          Kind.REFUSED,
          "pygrub is missing: " + loader + "; name this Xen's own in hypervisor.pygrub",
          Map.of("expected", loader.toString()),
          null);
    }
    if (!Files.isReadable(loader)) {
      throw new HypervisorException(
          Kind.REFUSED,
          "the boot loader of the guests is missing: "
              + loader
              + "; make it with bin/xen-loader of the archive, or name another in hypervisor."
              + (settings.kind() == XenKind.PVH ? "pvh-loader" : "pv-loader"),
          Map.of("expected", loader.toString()),
          null);
    }
  }

  /** Such as {@code 4.17}. */
  String release() {
    return "%d.%d".formatted(version / 1_000_000, version / 1_000 % 1_000);
  }

  /**
   * @param live whether guests can be saved while they run
   */
  Capabilities capabilities(XenKind kind, boolean live) {
    String word = kind.name().toLowerCase(Locale.ROOT);
    String number = release();
    return new Capabilities(
        "Xen " + number + " (" + word + ")",
        cpus,
        guestMemoryBytes,
        true,
        true,
        // A CD-ROM, which Linux leaves out where it is an HVM or PVH guest.
        kind == XenKind.PV,
        live ? EnumSet.allOf(Ability.class) : EnumSet.complementOf(EnumSet.of(Ability.LIVE)),
        "xen-" + word,
        Optional.of("xen " + number + " " + word + " " + processor),
        EnumSet.allOf(Limit.class),
        Optional.empty());
  }

  /**
   * Whether a file that the device model of this domain holds is known not to be a disk: what
   * libvirtd left open in it, and its own log. Anything that is not known is none of these.
   */
  static boolean isOwnFile(String path, String name) {
    return INHERITED.matcher(path).matches()
        || path.equals("/var/log/xen/qemu-dm-" + name + ".log");
  }
}
