package org.hospes.node.journal;

import java.util.Collection;
import java.util.Optional;
import java.util.UUID;

/**
 * The agent's memory. When a method returns, what it wrote outlives a {@code kill -9} and, as far
 * as the disk keeps its word about fsync, a power cut. Safe for many threads; for one id the
 * callers take turns.
 */
public interface Journal {
  /**
   * Begins a guest's journal with its order.
   *
   * @throws IllegalStateException when there is one already, damaged ones included
   */
  GuestRecord begin(JournalEntry.Ordered first);

  /**
   * Adds a line.
   *
   * @throws IllegalStateException when there is no journal for this id
   */
  GuestRecord append(UUID id, JournalEntry entry);

  /** Deletes a guest's journal. Does nothing when there is none. */
  void forget(UUID id);

  Optional<GuestRecord> find(UUID id);

  /** Every guest there is, in no order. */
  Collection<GuestRecord> all();

  /**
   * Guests whose pages were found damaged, at this start or an earlier one, in no order. None of
   * them is in {@link #all()}: nothing is known of such a guest but its id.
   */
  Collection<SetAside> setAside();

  /** What is left of this guest, when its page was found damaged. */
  default Optional<SetAside> setAside(UUID id) {
    return setAside().stream().filter(aside -> aside.id().equals(id)).findAny();
  }

  /**
   * Whether two orders ask for the same, the ends of their leases and what others than the signer
   * say of their image apart.
   */
  boolean sameButLease(GuestOrder one, GuestOrder other);
}
