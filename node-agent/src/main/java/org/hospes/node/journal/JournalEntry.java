package org.hospes.node.journal;

import java.time.Instant;
import java.util.Optional;
import org.hospes.node.network.Attachment;

/** One line of a guest's journal. */
public sealed interface JournalEntry {
  Instant at();

  /** The first line: the order, as received. */
  record Ordered(Instant at, GuestOrder order) implements JournalEntry {}

  /**
   * A new goal.
   *
   * @param reason for people and the audit log
   */
  record Wanted(Instant at, Goal goal, String reason) implements JournalEntry {}

  /** A finished hook, with what undoing and going on need to know. */
  record Done(
      Instant at,
      HookName hook,
      Optional<HeldBase> base,
      Optional<Staging> staging,
      Optional<Attachment> attachment)
      implements JournalEntry {
    /** A hook that leaves nothing to remember. */
    public static Done of(Instant at, HookName hook) {
      return new Done(at, hook, Optional.empty(), Optional.empty(), Optional.empty());
    }
  }

  /** A hook taken back. */
  record Undone(Instant at, HookName hook) implements JournalEntry {}

  /** The lease ends at another time than ordered. */
  record LeaseMoved(Instant at, Instant leaseEnds) implements JournalEntry {}

  /** It will not come to its goal; what was done is undone. */
  record Failed(Instant at, Failure failure) implements JournalEntry {}

  /** The guest stopped, by itself or because it was told to. */
  record Ended(Instant at, String reason) implements JournalEntry {}
}
