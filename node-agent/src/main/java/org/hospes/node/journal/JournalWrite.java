package org.hospes.node.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Names of all the writes that a journal makes: the points before and after which an agent may be
 * killed without harm.
 */
public final class JournalWrite {
  /** The file is deleted: nothing of the guest is left. */
  public static final String FORGOTTEN = "forgotten";

  private JournalWrite() {}

  /** The name of an entry's write. */
  public static String nameOf(JournalEntry entry) {
    if (entry instanceof JournalEntry.OfSnapshot snapshot) {
      return nameOf(snapshot);
    } else if (entry instanceof JournalEntry.Wanted wanted) {
      return "wanted." + lower(wanted.goal());
    } else if (entry instanceof JournalEntry.Done done) {
      return "done." + lower(done.hook());
    } else if (entry instanceof JournalEntry.Undone undone) {
      return "undone." + lower(undone.hook());
    } else if (entry instanceof JournalEntry.LeaseMoved) {
      return "lease";
    } else if (entry instanceof JournalEntry.PapersMoved) {
      return "papers";
    } else if (entry instanceof JournalEntry.StartRefused) {
      return "refused";
    } else if (entry instanceof JournalEntry.Failed) {
      return "failed";
    } else if (entry instanceof JournalEntry.Paused) {
      return "paused";
    } else if (entry instanceof JournalEntry.Resumed) {
      return "resumed";
    } else if (entry instanceof JournalEntry.Stood) {
      return "stood";
    } else if (entry instanceof JournalEntry.Sealed) {
      return "sealed";
    } else if (entry instanceof JournalEntry.StartsAgain) {
      return "again";
    } else if (entry instanceof JournalEntry.Ended) {
      return "ended";
    } else if (entry instanceof JournalEntry.HandedOver) {
      return "handed-over";
    } else if (entry instanceof JournalEntry.TakenBack) {
      return "taken-back";
    } else if (entry instanceof JournalEntry.Arrived) {
      return "arrived";
    }
    return "ordered";
  }

  private static String nameOf(JournalEntry.OfSnapshot entry) {
    if (entry instanceof JournalEntry.SnapshotAsked) {
      return "snapshot.asked";
    } else if (entry instanceof JournalEntry.SnapshotTaken) {
      return "snapshot.taken";
    } else if (entry instanceof JournalEntry.SnapshotCopiedBack) {
      return "snapshot.copied-back";
    } else if (entry instanceof JournalEntry.SnapshotRestored) {
      return "snapshot.restored";
    } else if (entry instanceof JournalEntry.Flattened) {
      return "snapshot.flattened";
    } else if (entry instanceof JournalEntry.SnapshotDeleted) {
      return "snapshot.deleted";
    }
    return "snapshot.failed";
  }

  /** Every write there is. */
  public static List<String> all() {
    List<String> names = new ArrayList<>();
    names.add("ordered");
    for (Goal goal : Goal.values()) {
      // The order itself wants the guest prepared.
      if (goal != Goal.PREPARED) {
        names.add("wanted." + lower(goal));
      }
    }
    for (HookName hook : HookName.values()) {
      names.add("done." + lower(hook));
    }
    for (HookName hook : HookName.values()) {
      names.add("undone." + lower(hook));
    }
    names.addAll(
        List.of(
            "snapshot.asked",
            "snapshot.taken",
            "snapshot.copied-back",
            "snapshot.restored",
            "snapshot.flattened",
            "snapshot.deleted",
            "snapshot.failed"));
    names.addAll(List.of("handed-over", "taken-back", "arrived"));
    names.addAll(
        List.of("lease", "papers", "paused", "resumed", "stood", "sealed", "again", "refused"));
    names.addAll(List.of("failed", "ended", FORGOTTEN));
    return List.copyOf(names);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
