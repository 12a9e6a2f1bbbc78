package org.hospes.service.node;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.workspace.FlatDisk;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.SnapshotWish;
import org.hospes.service.workspace.Workspace;

/** What a node in memory keeps of snapshots. */
final class KeptSnapshots {
  private static final Digest DIGEST = Digest.parse("sha256:" + "5a".repeat(32));

  private KeptSnapshots() {}

  /** Where a guest is once a wish is over. */
  static GuestPhase phaseAfter(Workspace workspace, Guest guest, Optional<Refusal> failure) {
    if (failure.isPresent() || workspace.goal() != Goal.ROLLBACK) {
      return guest.phase();
    }
    String name = workspace.snapshots().wish().orElseThrow().name();
    return guest.snapshots().kept().stream().anyMatch(s -> s.name().equals(name) && s.memory())
        ? GuestPhase.SUSPENDED
        : GuestPhase.STOPPED;
  }

  /** What there is once a wish is over. */
  static GuestSnapshots after(
      Workspace workspace, Guest guest, Optional<Refusal> failure, Instant now) {
    GuestSnapshots before = guest.snapshots();
    boolean suspended = guest.phase() == GuestPhase.SUSPENDED;
    SnapshotWish wish = workspace.snapshots().wish().orElseThrow();
    List<Snapshot> kept = new ArrayList<>(before.kept());
    boolean another = workspace.goal() == Goal.SNAPSHOT || workspace.goal() == Goal.DELETE_SNAPSHOT;
    if (failure.isEmpty() && another) {
      kept.removeIf(s -> s.name().equals(wish.name()));
    }
    if (failure.isEmpty() && workspace.goal() == Goal.SNAPSHOT) {
      kept.add(new Snapshot(wish.name(), now, 1 << 20, true, suspended));
    } else if (failure.isEmpty() && workspace.goal() == Goal.ROLLBACK) {
      kept.replaceAll(
          s ->
              new Snapshot(
                  s.name(), s.takenAt(), s.bytes(), s.name().equals(wish.name()), s.memory()));
    }
    boolean flat = failure.isEmpty() && workspace.goal() == Goal.FLATTEN;
    return new GuestSnapshots(
        kept,
        flat ? Optional.of(new FlatDisk(now, 7, DIGEST)) : Optional.empty(),
        Optional.of(new GuestSnapshots.Outcome(wish.token(), failure)));
  }

  /** The disks are written to: none of the snapshots is what they are. */
  static GuestSnapshots left(GuestSnapshots snapshots) {
    return new GuestSnapshots(
        snapshots.kept().stream()
            .map(s -> new Snapshot(s.name(), s.takenAt(), s.bytes(), false, s.memory()))
            .toList(),
        Optional.empty(),
        snapshots.outcome());
  }
}
