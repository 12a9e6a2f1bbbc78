package org.hospes.node.sandbox;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;

/** What is to be done next for a guest. */
sealed interface Step {
  /** Do a hook. */
  record Do(HookName hook) implements Step {}

  /** Undo a hook. */
  record Undo(HookName hook) implements Step {}

  /** Stop the processors of a guest that runs. */
  record Pause() implements Step {}

  /** Let them run again. */
  record Resume() implements Step {}

  /** Take the digests of what a guest left that is gone. */
  record Seal() implements Step {}

  /** Go on with what is to be done with a snapshot of a guest that stopped. */
  record Snapshot() implements Step {}

  /** Fetch what another node left. */
  record Receive() implements Step {}

  /** Everything is undone: delete what is left of it. */
  record Forget() implements Step {}

  /** The goal is reached, or never will be. */
  record Rest() implements Step {}

  /** Hooks after {@code prepare}. */
  Set<HookName> OF_START =
      Collections.unmodifiableSet(EnumSet.range(HookName.DOMAIN, HookName.RESUMED));

  /** What a first start that was cut off is taken back to: a disk that no guest ever wrote to. */
  Set<HookName> OF_REWIND =
      Set.of(
          HookName.DISK, HookName.DOMAIN, HookName.COMPARED, HookName.SANDBOXED, HookName.RESUMED);

  /**
   * The one place where order is decided.
   *
   * @param rewind whether the start is to be taken back first
   * @param cleaned hooks undone since one was last done
   */
  static Step next(GuestRecord record, boolean rewind, Set<HookName> cleaned) {
    if (record.goal() == Goal.REMOVED) {
      return undo(EnumSet.allOf(HookName.class), cleaned).orElse(new Forget());
    }
    if (record.failure().isPresent()) {
      return undo(EnumSet.allOf(HookName.class), cleaned).orElse(new Rest());
    }
    if (record.awaited()) {
      for (HookName hook : List.of(HookName.IMAGE, HookName.NETWORK)) {
        if (!record.has(hook)) {
          return new Do(hook);
        }
      }
      return new Receive();
    }
    if (record.ended().isPresent()) {
      return undo(OF_START, cleaned).orElse(new Rest());
    }
    if (record.goal() == Goal.STOPPED || record.goal() == Goal.SUSPENDED) {
      return undo(OF_START, cleaned).orElse(ofStopped(record));
    }
    if (rewind) {
      Optional<Step> undo = undo(record.ran() ? OF_START : OF_REWIND, cleaned);
      if (undo.isPresent()) {
        return undo.get();
      }
    }
    if (record.ran() && record.seal().isEmpty() && !record.has(HookName.DOMAIN)) {
      // A second start was cut off where the guest may have run: what it wrote is its own.
      return undo(OF_START, cleaned).orElse(new Seal());
    }
    HookName last = record.goal() == Goal.PREPARED ? HookName.LAST_OF_PREPARE : HookName.RESUMED;
    for (HookName hook : EnumSet.range(HookName.IMAGE, last)) {
      if (!record.has(hook)) {
        return new Do(hook);
      }
    }
    if (record.goal() == Goal.PAUSED && !record.paused()) {
      return new Pause();
    }
    return record.goal() == Goal.RUNNING && record.paused() ? new Resume() : new Rest();
  }

  private static Step ofStopped(GuestRecord record) {
    if (record.seal().isEmpty()) {
      return new Seal();
    }
    return record.snapshots().pending().isPresent() ? new Snapshot() : new Rest();
  }

  /**
   * Whether a goal may follow the present one. Removal wins over everything and is final; what has
   * failed only goes; what is being stopped, suspended or copied first comes to its end, and from
   * its saved memory it only goes on; what ended by itself is not started again, but may be kept;
   * what another node may have does not start here.
   */
  static boolean mayFollow(GuestRecord record, Goal goal) {
    if (record.goal() == goal || record.goal() == Goal.REMOVED) {
      return false;
    }
    return switch (goal) {
      case REMOVED -> true;
      case STOPPED ->
          record.failure().isEmpty()
              && record.reached(HookName.LAST_OF_PREPARE)
              && record.goal() != Goal.SUSPENDED;
      case RUNNING ->
          record.failure().isEmpty()
              && record.ended().isEmpty()
              && record.handedOver().isEmpty()
              && (record.goal() == Goal.PREPARED
                  || record.goal() == Goal.PAUSED
                  || (record.seal().isPresent() && record.snapshots().pending().isEmpty()));
      case PAUSED, SUSPENDED ->
          record.failure().isEmpty()
              && record.ended().isEmpty()
              && record.goal() == Goal.RUNNING
              && record.has(HookName.RESUMED);
      case PREPARED -> false;
    };
  }

  private static Optional<Step> undo(Set<HookName> which, Set<HookName> cleaned) {
    List<HookName> reversed = new ArrayList<>(List.of(HookName.values()));
    Collections.reverse(reversed);
    return reversed.stream()
        .filter(which::contains)
        .filter(hook -> !cleaned.contains(hook))
        .findFirst()
        .map(Undo::new);
  }
}
