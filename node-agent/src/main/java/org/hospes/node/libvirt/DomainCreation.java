package org.hospes.node.libvirt;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates domains, with weights between them for as long as these are kept. Thread-safe. */
final class DomainCreation {
  private static final Logger log = LoggerFactory.getLogger(DomainCreation.class);

  private final LibvirtSettings settings;
  private final DriverTraits traits;
  private volatile boolean shares;

  DomainCreation(LibvirtSettings settings, DriverTraits traits) {
    this.settings = settings;
    this.traits = traits;
    this.shares = traits.capabilities().cpuShares();
  }

  /** Whether weights are kept, as far as is known. */
  boolean shares() {
    return shares;
  }

  /** The document that a domain is made of here. */
  String document(GuestSpec spec) {
    return traits.writer().write(spec, shares);
  }

  /** SHA-256 of that document, hexadecimal. */
  String definition(GuestSpec spec) {
    try {
      byte[] document = document(spec).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(document));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  GuestStatus create(Connect connect, GuestSpec spec) throws LibvirtException, HypervisorException {
    if (settings.driver() == Driver.XEN
        && settings.xen().boot() == XenBoot.PYGRUB
        && spec.boot() instanceof GuestBoot.OwnLoader) {
      // Libvirtd may have been started anew since this was asked last.
      PygrubConfinement.here().require();
    }
    Domain domain;
    try {
      domain = traits.create(connect, traits.writer().write(spec, shares));
    } catch (LibvirtException e) {
      if (!shares || spec.cpuShares().isEmpty() || !LibvirtErrors.isMissingControlGroup(e)) {
        throw e;
      }
      noShares(e);
      domain = traits.create(connect, traits.writer().write(spec, false));
    }
    try {
      // Xen keeps weights by itself, whatever its scheduler; libvirt can ask but one kind for them.
      if (shares && spec.cpuShares().isPresent() && settings.driver() == Driver.QEMU) {
        requireShares(domain);
      }
      FoundDomain found = FoundDomain.look(domain);
      return found.status(
          found.facts().papers().orElseThrow(() -> FoundDomain.foreign(found.facts())));
    } finally {
      domain.free();
    }
  }

  /** Without any control group libvirt takes a weight and forgets it; asking for it back tells. */
  private void requireShares(Domain domain) {
    try {
      domain.getSchedulerParameters();
    } catch (LibvirtException e) {
      noShares(e);
    }
  }

  private void noShares(LibvirtException e) {
    log.warn(
        "no weights between guests on this node, libvirt has no control group for them: {}",
        e.getMessage());
    shares = false;
  }

  /** Libvirt has several ways to say that a name is taken; looking tells for sure. */
  static void refuseNamesake(Connect connect, GuestSpec spec, LibvirtException e)
      throws LibvirtException, HypervisorException {
    Domain other;
    try {
      other = connect.domainLookupByName(spec.name());
    } catch (LibvirtException absent) {
      if (LibvirtErrors.isAbsent(absent)) {
        return;
      }
      throw absent;
    }
    try {
      String uuid = other.getUUIDString();
      if (!uuid.equals(spec.id().toString())) {
        throw new HypervisorException(
            Kind.CONFLICT,
            "a domain named " + spec.name() + " exists with UUID " + uuid + "; it was left alone",
            Map.of("guest", spec.id().toString(), "name", spec.name(), "found", uuid),
            e);
      }
    } finally {
      other.free();
    }
  }
}
