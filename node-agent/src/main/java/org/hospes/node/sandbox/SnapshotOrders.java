package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;

/**
 * Takes orders for snapshots of guests that are stopped or suspended. What cannot be done as things
 * stand is refused at once; the rest is written down and done while the guest is {@link
 * GuestPhase#COPYING}, and what came of it stands in the guest's record. Safe for many threads.
 */
public final class SnapshotOrders {
  private final Guests guests;
  private final SnapshotShelf shelf;
  private final NodeLimits limits;
  private final Clock clock;

  public SnapshotOrders(Guests guests, Hooks hooks, NodeLimits limits, Clock clock) {
    this.guests = guests;
    this.shelf = hooks.snapshots;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * Wants something done with a snapshot. The same wish again changes nothing, whatever became of
   * it. To take one that is there of the very same disks, or to delete one that is not, is done
   * already.
   *
   * @throws GuestFailedException NOT_FOUND without such a guest, or a snapshot to roll back to;
   *     CONFLICT when the guest is in no phase for it, or a snapshot of other disks has the name;
   *     NO_CAPACITY when there are too many, or no room is left beside what the node promised
   */
  public GuestView order(UUID id, SnapshotTask task) throws GuestFailedException {
    Optional<GuestRecord> found = guests.journal().find(id);
    long size =
        found
                .filter(r -> allowed(task).contains(GuestPhase.of(Optional.of(r))))
                .filter(r -> !r.snapshots().knows(task))
                .isPresent()
            ? size(found.get(), task)
            : 0;
    return guests.decide(id, record -> judge(record, task, size));
  }

  /** A disk without the memory that goes with it is one after a power cut: no image. */
  private static Set<GuestPhase> allowed(SnapshotTask task) {
    return task.kind() == SnapshotTask.Kind.FLATTEN
        ? EnumSet.of(GuestPhase.STOPPED)
        : EnumSet.of(GuestPhase.STOPPED, GuestPhase.SUSPENDED);
  }

  private long size(GuestRecord record, SnapshotTask task) throws GuestFailedException {
    return switch (task.kind()) {
      case TAKE -> shelf.size(record);
      case FLATTEN -> shelf.flatSize(record);
      case ROLL_BACK, DELETE -> 0;
    };
  }

  private Optional<JournalEntry> judge(GuestRecord record, SnapshotTask task, long bytes)
      throws GuestFailedException {
    if (record.snapshots().knows(task)) {
      return Optional.empty();
    }
    GuestPhase phase = GuestPhase.of(Optional.of(record));
    if (!allowed(task).contains(phase)) {
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  "guest.not-stopped",
                  (task.kind() == SnapshotTask.Kind.FLATTEN
                          ? "one disk is made of guests that are stopped"
                          : "snapshots are of guests that are stopped or suspended")
                      + ", and this one is "
                      + phase)
              .advice("stop it first, and wait until it is")
              .fact("expected", allowed(task).toString())
              .fact("found", phase.name()));
    }
    if (record.handedOver().isPresent()) {
      throw GuestFailedException.handedOver(record.id(), record.handedOver().get());
    }
    Optional<Snapshot> there = record.snapshots().find(task.name());
    switch (task.kind()) {
      case TAKE -> {
        if (there.isEmpty()) {
          limits.checkSnapshot(record, bytes, guests.journal().all());
        } else if (!record.seal().orElseThrow().equals(there.get().disks())) {
          throw GuestFailedException.refused(
              Failure.of(
                      Category.CONFLICT,
                      "snapshot.exists",
                      "snapshot " + task.name() + " is there and holds other disks")
                  .advice("choose another name, or delete it first")
                  .fact("snapshot", task.name())
                  .fact("takenAt", there.get().takenAt().toString()));
        }
      }
      case ROLL_BACK -> {
        if (there.isEmpty()) {
          throw GuestFailedException.refused(
              Failure.of(
                      Category.NOT_FOUND,
                      "snapshot.absent",
                      "the guest has no snapshot " + task.name())
                  .fact(
                      "found",
                      record.snapshots().kept().stream().map(Snapshot::name).toList().toString()));
        }
      }
      case FLATTEN -> {
        // The one that is there is deleted first.
        long before = record.snapshots().flat().map(Snapshot::bytes).orElse(0L);
        limits.checkDisk(bytes - before, guests.journal().all());
      }
      case DELETE -> {}
    }
    return Optional.of(new JournalEntry.SnapshotAsked(clock.instant(), task));
  }
}
