package org.hospes.service.node;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/** How nodes in memory leave guests to each other. */
final class HandOvers {
  private HandOvers() {}

  static NodeRefusedException refused(String code, String why) {
    return new NodeRefusedException(Refusal.of(Refusal.Category.CONFLICT, code, why));
  }

  static void requireKept(Guest guest) throws NodeRefusedException {
    if (guest.handOver().isPresent()) {
      String to = guest.handOver().get().to().slash();
      throw new NodeRefusedException(
          Refusal.of(Refusal.Category.CONFLICT, "guest.handed-over", "it is left to " + to)
              .fact("to", to));
    }
  }

  static void requireSame(Guest there, HandOver handOver) throws NodeRefusedException {
    if (!there.received().equals(Optional.of(handOver.wish()))
        && there.phase() != GuestPhase.FAILED) {
      throw refused("guest.here", "it is here already");
    }
  }

  /** A guest that may be copied from now on. */
  static Guest offered(InMemoryHost host, Guest guest, String wish) throws NodeRefusedException {
    if (guest.phase() == GuestPhase.ABSENT) {
      return guest;
    }
    requireKept(guest);
    if (guest.phase() != GuestPhase.RUNNING && guest.phase() != GuestPhase.STOPPING) {
      throw refused("guest.not-offered", "it is " + guest.phase());
    }
    host.offered.put(guest.id(), wish);
    return guest;
  }

  /** Whether its disks are copied. */
  static boolean expected(InMemoryHost host, WorkspaceId id, String wish)
      throws NodeRefusedException {
    if (host.guests.containsKey(id)) {
      throw refused("guest.here", "it is here already");
    }
    if (!host.refuseNextExpectations.isEmpty()) {
      throw new NodeRefusedException(host.refuseNextExpectations.remove(0));
    }
    host.expected.put(id, wish);
    return --host.looksUntilCopied <= 0;
  }

  static Set<WorkspaceId> ahead(InMemoryHost host) {
    Set<WorkspaceId> all = new HashSet<>(host.offered.keySet());
    all.addAll(host.expected.keySet());
    return all;
  }

  /** The guest once it is left to another node, by this wish and no other. */
  static Guest left(InMemoryHost host, Guest guest, String wish, DistinguishedName to)
      throws NodeRefusedException {
    if (guest.handOver().filter(h -> h.wish().equals(wish)).isPresent()) {
      return guest;
    }
    requireKept(guest);
    if (guest.phase() != GuestPhase.STOPPED && guest.phase() != GuestPhase.SUSPENDED) {
      throw refused("guest.not-stopped", "it is " + guest.phase());
    }
    HandOver left =
        new HandOver(
            wish,
            to,
            guest.phase() == GuestPhase.SUSPENDED,
            host.platform.orElse(""),
            host.machine,
            guest.address().orElse("192.168.150.7"),
            "52:54:00:00:00:07",
            "192.168.150.1",
            guest.forwards(),
            List.of(new HandOver.File("overlay", 512, Sample.digest(9))),
            guest.snapshots().kept());
    return GuestChanges.leaving(guest, Optional.of(left));
  }

  /** The guest as it begins to be received. */
  static Guest begun(InMemoryHost host, Workspace workspace, HandOver handOver) {
    if (!host.failNextReceptions.isEmpty()) {
      return GuestChanges.failed(workspace.id(), host.failNextReceptions.remove(0));
    }
    List<Forward> forwards =
        handOver.forwards().stream()
            .map(f -> new Forward(Optional.of("198.51.100.12"), f.hostPort(), f.guestPort()))
            .toList();
    return GuestChanges.received(
        workspace.id(), handOver, GuestPhase.RECEIVING, forwards, workspace.lease().ends());
  }

  /** Files come only from a node that is there and leaves the guest to this one by this wish. */
  static Guest fetched(
      InMemoryHost target, Guest there, Collection<InMemoryHost> hosts, Lives lives) {
    for (InMemoryHost source : hosts) {
      Optional<HandOver> left =
          source
              .guest(there.id())
              .handOver()
              .filter(h -> h.to().equals(InMemoryCluster.dn(target.name)))
              .filter(h -> there.received().equals(Optional.of(h.wish())));
      if (left.isPresent() && source.reachable) {
        lives.copied(source.name, target.name, there.id());
        source.reachable = !source.vanishesOnceLeft;
        source.beating = source.reachable;
        source.vanishesOnceLeft = false;
        target.images.add(Sample.IMAGE);
        return GuestChanges.in(
            there, left.get().suspended() ? GuestPhase.SUSPENDED : GuestPhase.STOPPED);
      }
    }
    return GuestChanges.failed(
        there.id(), Refusal.of(Refusal.Category.SITE, "peer.refused", "the files were not given"));
  }
}
