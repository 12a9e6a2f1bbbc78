package org.hospes.node.sandbox;

import java.util.function.BooleanSupplier;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;

/**
 * One step of a guest's coming, with the step of its going beside it. Hooks remember nothing; what
 * they need stands in the journal.
 */
interface Hook {
  HookName name();

  /**
   * Does it; again after a crash that cut it off, it ends the same. Everything before it is done.
   *
   * @return what the journal is to hold
   */
  JournalEntry.Done setUp(Work work) throws GuestFailedException;

  /** Undoes it, wholly, also when {@link #setUp} never ran or was cut off. May be repeated. */
  void tearDown(GuestRecord record) throws GuestFailedException;

  /**
   * What a hook works on.
   *
   * @param record as the journal stands now
   * @param progress told how far a transfer is
   * @param abandoned true once the goal is another one
   */
  record Work(GuestRecord record, FetchProgress progress, BooleanSupplier abandoned) {}
}
