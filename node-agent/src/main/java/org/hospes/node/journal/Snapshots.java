package org.hospes.node.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a guest's journal says of its snapshots. Immutable.
 *
 * @param kept in the order in which they were taken
 * @param pending what is being done; the guest does not start meanwhile
 * @param copiedBack whether the copy that the guest is taken back to lies whole beside its present
 *     disks, and has only to be moved into their place: from then on it is the guest's disk
 * @param flat one disk of the base and what the guest wrote, made to be fetched; until the guest is
 *     wanted to run again, or the next task
 * @param last what became of what was done last
 */
public record Snapshots(
    List<Snapshot> kept,
    Optional<SnapshotTask> pending,
    boolean copiedBack,
    Optional<Snapshot> flat,
    Optional<SnapshotTask.Outcome> last) {
  /** Of a guest that never had one. */
  public static final Snapshots NONE =
      new Snapshots(List.of(), Optional.empty(), false, Optional.empty(), Optional.empty());

  /** Of a guest that came with these. */
  static Snapshots of(List<Snapshot> kept) {
    return new Snapshots(kept, NONE.pending(), NONE.copiedBack(), NONE.flat(), NONE.last());
  }

  public Snapshots {
    kept = List.copyOf(kept);
  }

  /** The snapshot of this name. */
  public Optional<Snapshot> find(String name) {
    return kept.stream().filter(snapshot -> snapshot.name().equals(name)).findFirst();
  }

  /** What all of them took on the disk, and the flat one. */
  public long bytes() {
    return Stream.concat(kept.stream(), flat.stream()).mapToLong(Snapshot::bytes).sum();
  }

  /** Whether this very task is being done, or was the last one that was. */
  public boolean knows(SnapshotTask task) {
    return pending.filter(task::equals).isPresent()
        || last.filter(outcome -> outcome.task().equals(task)).isPresent();
  }

  Snapshots plus(JournalEntry.OfSnapshot entry) {
    if (entry instanceof JournalEntry.SnapshotAsked asked) {
      return new Snapshots(kept, Optional.of(asked.task()), false, Optional.empty(), last);
    } else if (entry instanceof JournalEntry.SnapshotCopiedBack) {
      return new Snapshots(kept, pending, true, Optional.empty(), last);
    } else if (entry instanceof JournalEntry.SnapshotTaken taken) {
      List<Snapshot> more = without(taken.snapshot().name());
      more.add(taken.snapshot());
      return over(more, Optional.empty(), Optional.empty());
    } else if (entry instanceof JournalEntry.Flattened flattened) {
      return over(kept, Optional.of(flattened.flat()), Optional.empty());
    } else if (entry instanceof JournalEntry.SnapshotDeleted deleted) {
      return over(without(deleted.name()), Optional.empty(), Optional.empty());
    } else if (entry instanceof JournalEntry.SnapshotFailed failed) {
      return over(kept, Optional.empty(), Optional.of(failed.failure()));
    }
    return over(kept, Optional.empty(), Optional.empty());
  }

  /** The disks may be written to from now on. */
  Snapshots withoutFlat() {
    return new Snapshots(kept, pending, copiedBack, Optional.empty(), last);
  }

  private List<Snapshot> without(String name) {
    List<Snapshot> others = new ArrayList<>(kept);
    others.removeIf(snapshot -> snapshot.name().equals(name));
    return others;
  }

  private Snapshots over(List<Snapshot> now, Optional<Snapshot> made, Optional<Failure> failure) {
    return new Snapshots(
        now,
        Optional.empty(),
        false,
        made,
        pending.map(task -> new SnapshotTask.Outcome(task, failure)).or(() -> last));
  }
}
