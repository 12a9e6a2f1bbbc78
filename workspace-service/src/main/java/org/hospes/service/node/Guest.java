package org.hospes.service.node;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.service.workspace.Crash;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.WorkspaceId;

/**
 * A guest as its node describes it.
 *
 * @param refusal why it failed; of one that is STOPPED or SUSPENDED, why it was not started, of one
 *     that is STARTING, why it could not be yet
 * @param forwards with the ports the node chose
 * @param crash the last one after which its node started it again
 * @param moments finer points of its life, such as VERIFIED
 * @param snapshots of its disks
 * @param handOver that is in force: until it is taken back, nothing is done with the guest there
 * @param received the wish by which it came from another node
 * @param imageRefusal why its node would refuse its image now: it does not boot again
 */
public record Guest(
    WorkspaceId id,
    GuestPhase phase,
    Optional<Refusal> refusal,
    Optional<Progress> progress,
    Optional<String> address,
    List<Forward> forwards,
    Optional<Instant> leaseEnds,
    Optional<Crash> crash,
    List<Moment> moments,
    GuestSnapshots snapshots,
    Optional<HandOver> handOver,
    Optional<String> received,
    Optional<Refusal> imageRefusal) {
  public Guest {
    forwards = List.copyOf(forwards);
    moments = List.copyOf(moments);
  }

  /** One whose image is as good as it was. */
  public Guest(
      WorkspaceId id,
      GuestPhase phase,
      Optional<Refusal> refusal,
      Optional<Progress> progress,
      Optional<String> address,
      List<Forward> forwards,
      Optional<Instant> leaseEnds,
      Optional<Crash> crash,
      List<Moment> moments,
      GuestSnapshots snapshots,
      Optional<HandOver> handOver,
      Optional<String> received) {
    this(
        id,
        phase,
        refusal,
        progress,
        address,
        forwards,
        leaseEnds,
        crash,
        moments,
        snapshots,
        handOver,
        received,
        Optional.empty());
  }

  /** A guest of which nothing is there. */
  public static Guest absent(WorkspaceId id) {
    return of(id, GuestPhase.ABSENT);
  }

  /** A guest of which only the phase is known. */
  public static Guest of(WorkspaceId id, GuestPhase phase) {
    return new Guest(
        id,
        phase,
        Optional.empty(),
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

  /** Whether it rests, with all that it wrote, because its node would not start it. */
  public boolean refusedToStart() {
    return refusal.isPresent() && (phase == GuestPhase.STOPPED || phase == GuestPhase.SUSPENDED);
  }

  /** Whether the node could be told to go on with it: it neither comes nor goes. */
  public boolean atHome() {
    return phase != GuestPhase.ABSENT && phase != GuestPhase.RECEIVING && handOver.isEmpty();
  }
}
