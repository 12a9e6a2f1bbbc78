package org.hospes.node.libvirt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * A domain at the moment it was looked at, ours or not.
 *
 * @param number the hypervisor's own id of it, -1 when it ended
 */
record FoundDomain(DomainFacts facts, GuestState state, int number) {
  private static final int NONE = -1;

  /** The domain of this UUID, if there is one. */
  static Optional<FoundDomain> find(Connect connect, UUID id) throws LibvirtException {
    try {
      Domain domain = connect.domainLookupByUUIDString(id.toString());
      try {
        return Optional.of(look(domain));
      } finally {
        domain.free();
      }
    } catch (LibvirtException e) {
      if (LibvirtErrors.isAbsent(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Every domain, without those that end while the list is made. */
  static List<FoundDomain> all(Connect connect) throws LibvirtException {
    List<FoundDomain> all = new ArrayList<>();
    for (Domain domain : connect.listAllDomains(0)) {
      try {
        all.add(look(domain));
      } catch (LibvirtException e) {
        if (!LibvirtErrors.isAbsent(e)) {
          throw e;
        }
      } finally {
        domain.free();
      }
    }
    return all;
  }

  static FoundDomain look(Domain domain) throws LibvirtException {
    DomainFacts facts = DomainFacts.parse(domain.getXMLDesc(0));
    GuestState state = state(domain);
    return new FoundDomain(facts, state, state == GuestState.ENDED ? NONE : domain.getID());
  }

  /** What libvirt itself would write before the memory of this domain. */
  static String document(Connect connect, UUID id) throws LibvirtException {
    Domain domain = connect.domainLookupByUUIDString(id.toString());
    try {
      return domain.getXMLDesc(0);
    } finally {
      domain.free();
    }
  }

  /** Something to do with a domain. */
  interface Act {
    void on(Domain domain) throws LibvirtException;
  }

  /** Does something with the domain of a guest of ours. */
  static void on(Connect connect, UUID id, Act act) throws LibvirtException, HypervisorException {
    existing(connect, id);
    Domain domain = connect.domainLookupByUUIDString(id.toString());
    try {
      act.on(domain);
    } finally {
      domain.free();
    }
  }

  static void destroy(Connect connect, UUID id) throws LibvirtException {
    try {
      Domain domain = connect.domainLookupByUUIDString(id.toString());
      try {
        domain.destroy();
      } finally {
        domain.free();
      }
    } catch (LibvirtException e) {
      // It may have ended by itself since it was seen; only one that is still there is a failure.
      if (find(connect, id).isPresent()) {
        throw e;
      }
    }
  }

  static GuestState state(Domain domain) throws LibvirtException {
    return switch (domain.getInfo().state) {
      case VIR_DOMAIN_PAUSED, VIR_DOMAIN_PMSUSPENDED -> GuestState.PAUSED;
      case VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_CRASHED -> GuestState.ENDED;
      // Xen calls a guest that waits "no state" or "blocked".
      default -> GuestState.RUNNING;
    };
  }

  /** As a guest of ours, with the papers found in it. */
  GuestStatus status(DomainFacts.Papers papers) {
    return new GuestStatus(
        papers.metadata().workspace(), facts.name(), state, facts.devices(), papers.metadata());
  }

  /** The status of this domain, which was found where the guest of that specification is wanted. */
  GuestStatus sameGuest(GuestSpec spec) throws HypervisorException {
    DomainFacts.Papers papers = facts.papers().orElseThrow(() -> foreign(facts));
    if (!papers.fingerprint().equals(spec.fingerprint())) {
      Map<String, String> told = new LinkedHashMap<>();
      told.put("guest", spec.id().toString());
      told.put("expected", spec.fingerprint());
      told.put("found", papers.fingerprint());
      throw new HypervisorException(
          Kind.CONFLICT,
          "guest "
              + spec.id()
              + " exists and was made from another specification; destroy it first",
          told,
          null);
    }
    return status(papers);
  }

  /** The guest of ours with this id. */
  static FoundDomain existing(Connect connect, UUID id)
      throws LibvirtException, HypervisorException {
    return find(connect, id)
        .filter(domain -> domain.facts().papers().isPresent())
        .orElseThrow(
            () ->
                new HypervisorException(
                    Kind.NOT_FOUND, "no guest " + id, Map.of("guest", id.toString()), null));
  }

  /** Why something is not done to a domain that is not ours. */
  static HypervisorException foreign(DomainFacts facts) {
    return new HypervisorException(
        Kind.CONFLICT,
        "domain " + facts.name() + " (" + facts.uuid() + ") is not Hospes's; it was left alone",
        Map.of("guest", facts.uuid(), "name", facts.name()),
        null);
  }
}
