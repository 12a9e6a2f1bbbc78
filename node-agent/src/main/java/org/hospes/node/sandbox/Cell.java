package org.hospes.node.sandbox;

import java.time.Clock;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ScheduledFuture;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.HookName;

/**
 * What the agent keeps in memory of one guest. Its monitor is held for every look at the journal
 * that decides something, and for every write; never while a hook works. It is notified when the
 * guest's phase changes, and when work on the guest rests.
 */
final class Cell {
  final UUID id;

  /** A worker has it, or is about to. */
  boolean busy;

  /** When a worker is to try again; null while one works. */
  ScheduledFuture<?> pause;

  /** It was found in the journal at start, and not yet compared with the hypervisor. */
  boolean recovering;

  boolean rewind;

  /** The step before verified the image for the boot that comes next. Only its worker looks. */
  boolean hashed;

  /** When it was last asked to power itself off; null before it was, since it last was told to. */
  Instant askedToStop;

  final Set<HookName> cleaned = EnumSet.noneOf(HookName.class);
  int failures;
  Instant failingSince;
  volatile Optional<TransferProgress> progress = Optional.empty();

  /** Why its image would be refused now, though it runs. */
  volatile Optional<Failure> imageRefusal = Optional.empty();

  /** Why its image was refused when its start was tried last; it is tried again. */
  volatile Optional<Failure> setback = Optional.empty();

  Cell(UUID id) {
    this.id = id;
  }

  void succeeded() {
    failures = 0;
    failingSince = null;
    setback = Optional.empty();
  }

  /**
   * Tells how far a transfer is.
   *
   * @param during what is done until all bytes are here
   * @param then what is done after that
   */
  FetchProgress progressFrom(Clock clock, String during, String then) {
    Instant started = clock.instant();
    progress = Optional.of(new TransferProgress(during, 0, 0, started, started));
    return (done, total) ->
        progress =
            Optional.of(
                new TransferProgress(
                    done >= total ? then : during, done, total, started, clock.instant()));
  }
}
