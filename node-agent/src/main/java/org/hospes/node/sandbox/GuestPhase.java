package org.hospes.node.sandbox;

import java.util.Optional;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;

/** Where a guest stands; the names are those of the contract. */
public enum GuestPhase {
  /** Nothing of it is here. */
  ABSENT,
  PREPARING,
  PREPARED,
  STARTING,
  RUNNING,
  /** Its processors stand still, as was wanted. */
  PAUSED,
  /** It was told to stop. */
  STOPPING,
  /** It stopped as it was told; its disk is here and sealed, and it may be started again. */
  STOPPED,
  /** It is stopped or suspended, and a snapshot of it is being taken, restored or deleted. */
  COPYING,
  /** Its memory is being written. */
  SUSPENDING,
  /** Its memory and its disk are here and sealed, and it may go on from there. */
  SUSPENDED,
  /** It is being taken over from another node; {@link #STOPPED} or {@link #SUSPENDED} follows. */
  RECEIVING,
  /** It stopped by itself; its disk is still here. */
  ENDED,
  REMOVING,
  /** It will not come to its goal, and says why. */
  FAILED;

  /** Whether a domain must be there, and nobody is about to end it. */
  static boolean alive(GuestRecord record) {
    GuestPhase phase = of(Optional.of(record));
    return phase == RUNNING || phase == PAUSED;
  }

  static GuestPhase of(Optional<GuestRecord> found) {
    if (found.isEmpty()) {
      return ABSENT;
    }
    GuestRecord record = found.get();
    if (record.goal() == Goal.REMOVED) {
      return REMOVING;
    }
    if (record.failure().isPresent()) {
      return FAILED;
    }
    if (record.awaited()) {
      return RECEIVING;
    }
    if (record.goal() == Goal.STOPPED) {
      return atRest(record, STOPPING, STOPPED);
    }
    if (record.ended().isPresent()) {
      return ENDED;
    }
    if (record.goal() == Goal.SUSPENDED) {
      return atRest(record, SUSPENDING, SUSPENDED);
    }
    if (record.has(HookName.RESUMED)) {
      return record.paused() ? PAUSED : RUNNING;
    }
    if (record.goal() != Goal.PREPARED) {
      return STARTING;
    }
    return record.reached(HookName.LAST_OF_PREPARE) ? PREPARED : PREPARING;
  }

  private static GuestPhase atRest(GuestRecord record, GuestPhase before, GuestPhase there) {
    if (record.seal().isEmpty()) {
      return before;
    }
    return record.snapshots().pending().isPresent() ? COPYING : there;
  }
}
