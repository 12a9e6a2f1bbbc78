package org.hospes.node.journal;

import java.util.Optional;

/**
 * What is to be done once with a snapshot of a guest.
 *
 * @param wish names this one wish: told again, it is not done again
 * @param name of the snapshot
 */
public record SnapshotTask(String wish, Kind kind, String name) {
  /** What is done. */
  public enum Kind {
    /** Copy the disks. */
    TAKE,
    /** Make the copy the guest's disks. */
    ROLL_BACK,
    /** Delete the copy. */
    DELETE,
    /** Make one disk that stands on nothing of the base and what the guest wrote. */
    FLATTEN
  }

  public SnapshotTask {
    Snapshot.requireName(name);
  }

  /** What became of one that is over; its refusal when nothing came of it. */
  public record Outcome(SnapshotTask task, Optional<Failure> failure) {}
}
