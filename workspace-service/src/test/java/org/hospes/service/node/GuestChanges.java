package org.hospes.service.node;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.WorkspaceId;

/** Guests of nodes in memory, with something changed. */
final class GuestChanges {
  private GuestChanges() {}

  static Guest failed(WorkspaceId id, Refusal refusal) {
    return new Guest(
        id,
        GuestPhase.FAILED,
        Optional.of(refusal),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        GuestSnapshots.NONE,
        Optional.empty(),
        Optional.empty());
  }

  static Guest until(Guest guest, Instant leaseEnds) {
    return with(guest, guest.phase(), Optional.of(leaseEnds), guest.snapshots(), guest.handOver());
  }

  static Guest in(Guest guest, GuestPhase phase) {
    return with(
        refused(guest, Optional.empty()),
        phase,
        guest.leaseEnds(),
        phase == GuestPhase.RUNNING ? KeptSnapshots.left(guest.snapshots()) : guest.snapshots(),
        guest.handOver());
  }

  /** It is as it is, and that is why. */
  static Guest refused(Guest guest, Optional<Refusal> why) {
    return new Guest(
        guest.id(),
        guest.phase(),
        why,
        guest.progress(),
        guest.address(),
        guest.forwards(),
        guest.leaseEnds(),
        guest.crash(),
        guest.moments(),
        guest.snapshots(),
        guest.handOver(),
        guest.received());
  }

  static Guest keeping(Guest guest, GuestSnapshots snapshots) {
    return with(guest, guest.phase(), guest.leaseEnds(), snapshots, guest.handOver());
  }

  static Guest leaving(Guest guest, Optional<HandOver> handOver) {
    return with(guest, guest.phase(), guest.leaseEnds(), guest.snapshots(), handOver);
  }

  /** As it is once it came from another node. */
  static Guest received(
      WorkspaceId id, HandOver handOver, GuestPhase phase, List<Forward> forwards, Instant ends) {
    return new Guest(
        id,
        phase,
        Optional.empty(),
        Optional.empty(),
        Optional.of(handOver.address()),
        forwards,
        Optional.of(ends),
        Optional.empty(),
        List.of(),
        new GuestSnapshots(handOver.snapshots(), Optional.empty(), Optional.empty()),
        Optional.empty(),
        Optional.of(handOver.wish()));
  }

  private static Guest with(
      Guest guest,
      GuestPhase phase,
      Optional<Instant> leaseEnds,
      GuestSnapshots snapshots,
      Optional<HandOver> handOver) {
    return new Guest(
        guest.id(),
        phase,
        guest.refusal(),
        guest.progress(),
        guest.address(),
        guest.forwards(),
        leaseEnds,
        guest.crash(),
        guest.moments(),
        snapshots,
        handOver,
        guest.received());
  }
}
