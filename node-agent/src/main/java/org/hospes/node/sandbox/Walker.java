package org.hospes.node.sandbox;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.Journal;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.SealedDisk;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks one guest towards its goal, hook by hook. One thread at a time for one guest; what it does
 * is decided anew from the journal before every step.
 */
final class Walker {
  private static final Logger LOG = LoggerFactory.getLogger(Walker.class);

  /** Fewer than there are workers: a slow repository must not keep guests from being removed. */
  private static final int STAGINGS = 12;

  /** Each is a long transfer that takes of the node's network and disk. */
  private static final int RECEIVINGS = 4;

  private static final Duration QUEUE = Duration.ofMillis(250);

  private final Journal journal;
  private final Hooks hooks;
  private final GuestFolders folders;
  private final Hypervisor hypervisor;
  private final Clock clock;
  private final Duration patience;
  private final AuditTrail audit;
  private final BooleanSupplier closing;
  private final Recovery recovery;
  private final OrderlyStop orderlyStop;
  private final Semaphore stagings = new Semaphore(STAGINGS);
  private final Semaphore receivings = new Semaphore(RECEIVINGS);

  Walker(
      Journal journal,
      Hooks hooks,
      GuestFolders folders,
      Hypervisor hypervisor,
      Clock clock,
      Duration patience,
      AuditTrail audit,
      BooleanSupplier closing) {
    this.journal = journal;
    this.hooks = hooks;
    this.folders = folders;
    this.hypervisor = hypervisor;
    this.clock = clock;
    this.patience = patience;
    this.audit = audit;
    this.closing = closing;
    this.recovery = new Recovery(hypervisor, hooks.sandbox, clock);
    this.orderlyStop = new OrderlyStop(hypervisor, clock);
  }

  /**
   * Takes steps until there is none, or one has to be tried again later.
   *
   * @return how long to wait before walking on; empty when the guest rests: the cell is then marked
   *     idle, under its monitor
   */
  Optional<Duration> walk(Cell cell) {
    while (!closing.getAsBoolean()) {
      GuestRecord record;
      Step step;
      // What was hashed counts for the step that follows at once, and for no other.
      boolean hashed = cell.hashed;
      cell.hashed = false;
      boolean backwards;
      synchronized (cell) {
        Optional<GuestRecord> found = journal.find(cell.id);
        if (found.isEmpty()) {
          return rest(cell);
        }
        record = found.get();
        step = Step.next(record, cell.rewind, cell.cleaned);
        // To be where a start was begun before is no success yet.
        backwards = cell.rewind && step instanceof Step.Undo;
        if (!cell.recovering && step instanceof Step.Rest) {
          return rest(cell);
        }
      }
      try {
        if (cell.recovering) {
          recovery.take(cell, record, this::write);
        } else if (!take(cell, record, step, hashed)) {
          return Optional.of(QUEUE);
        }
        if (!backwards && !cell.hashed) {
          cell.succeeded();
        }
      } catch (GuestFailedException e) {
        Optional<Duration> pause = failed(cell, step, e);
        if (pause.isPresent()) {
          return pause;
        }
      } catch (RuntimeException e) {
        LOG.error("workspace={} step={}: a fault of the agent's own", cell.id, step, e);
        Optional<Duration> pause =
            failed(
                cell,
                step,
                new GuestFailedException(
                    Failure.of(Failure.Category.SITE, "node.internal", e.toString()), true, e));
        if (pause.isPresent()) {
          return pause;
        }
      }
    }
    synchronized (cell) {
      return rest(cell);
    }
  }

  private static Optional<Duration> rest(Cell cell) {
    cell.busy = false;
    cell.progress = Optional.empty();
    cell.notifyAll();
    return Optional.empty();
  }

  /** Whether it was this guest's turn. */
  private boolean take(Cell cell, GuestRecord record, Step step, boolean hashed)
      throws GuestFailedException {
    if (step instanceof Step.Do todo) {
      return setUpInTurn(cell, record, todo.hook(), hashed);
    } else if (step instanceof Step.Undo undo) {
      if (undo.hook() == HookName.RESUMED
          && record.goal() == Goal.STOPPED
          && !orderlyStop.over(cell, record)) {
        return false;
      }
      if (undo.hook() == HookName.RESUMED
          && GuestPhase.of(Optional.of(record)) == GuestPhase.SUSPENDING) {
        boolean saved = hooks.memories.done(record, () -> abandoned(cell.id, Goal.REMOVED));
        synchronized (cell) {
          if (!saved) {
            String why = "the guest ended before its memory was saved";
            write(cell, new JournalEntry.Ended(clock.instant(), why));
            return true;
          }
          hooks.memories.stood(record).ifPresent(since -> write(cell, since));
        }
      }
      hooks.get(undo.hook()).tearDown(record);
      synchronized (cell) {
        if (record.has(undo.hook())) {
          write(cell, new JournalEntry.Undone(clock.instant(), undo.hook()));
        }
        cell.cleaned.add(undo.hook());
      }
    } else if (step instanceof Step.Seal) {
      hooks.image.doubt(cell.id);
      List<SealedDisk> disks = hooks.seals.take(record, () -> abandoned(cell.id, Goal.REMOVED));
      synchronized (cell) {
        write(cell, new JournalEntry.Sealed(clock.instant(), disks));
      }
    } else if (step instanceof Step.Snapshot) {
      JournalEntry done = hooks.snapshots.advance(record, () -> abandoned(cell.id, Goal.REMOVED));
      synchronized (cell) {
        write(cell, done);
      }
    } else if (step instanceof Step.Receive) {
      return receiveInTurn(cell, record);
    } else if (step instanceof Step.Pause) {
      pause(cell);
    } else if (step instanceof Step.Resume) {
      resume(cell);
    } else if (step instanceof Step.Forget) {
      forget(cell, record);
    }
    return true;
  }

  private void pause(Cell cell) throws GuestFailedException {
    try {
      hypervisor.suspend(cell.id);
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
    synchronized (cell) {
      write(cell, new JournalEntry.Paused(clock.instant()));
    }
  }

  private void resume(Cell cell) throws GuestFailedException {
    try {
      hypervisor.resume(cell.id);
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
    synchronized (cell) {
      write(cell, new JournalEntry.Resumed(clock.instant()));
    }
  }

  private boolean receiveInTurn(Cell cell, GuestRecord record) throws GuestFailedException {
    if (!receivings.tryAcquire()) {
      return false;
    }
    try {
      FetchProgress progress = cell.progressFrom(clock, "receiving", "comparing");
      JournalEntry.Arrived here =
          hooks.arrivals.take(record, progress, () -> abandoned(cell.id, Goal.REMOVED));
      synchronized (cell) {
        write(cell, here);
      }
      return true;
    } finally {
      cell.progress = Optional.empty();
      receivings.release();
    }
  }

  /** A domain is made only right after its image was verified for it. */
  private boolean setUpInTurn(Cell cell, GuestRecord record, HookName next, boolean hashed)
      throws GuestFailedException {
    boolean boots = next == HookName.DOMAIN;
    if (next != HookName.IMAGE && (!boots || hashed)) {
      setUp(cell, record, next);
      return true;
    }
    if (!stagings.tryAcquire()) {
      return false;
    }
    try {
      setUp(cell, record, HookName.IMAGE);
      cell.hashed = boots;
      return true;
    } finally {
      stagings.release();
    }
  }

  private void setUp(Cell cell, GuestRecord record, HookName hook) throws GuestFailedException {
    synchronized (cell) {
      cell.cleaned.clear();
      cell.rewind = false;
    }
    Hook.Work work =
        new Hook.Work(
            record,
            cell.progressFrom(clock, "staging", "verifying"),
            () ->
                record.awaited()
                    ? abandoned(cell.id, Goal.REMOVED)
                    : abandoned(cell.id, Goal.REMOVED, Goal.STOPPED));
    JournalEntry.Done done;
    try {
      done = hooks.get(hook).setUp(work);
    } finally {
      cell.progress = Optional.empty();
    }
    synchronized (cell) {
      write(cell, done);
    }
  }

  private void forget(Cell cell, GuestRecord record) throws GuestFailedException {
    try {
      folders.delete(cell.id);
    } catch (IOException e) {
      throw new GuestFailedException(
          Failure.of(
              Failure.Category.SITE,
              "disk.failed",
              folders.folder(cell.id) + " cannot be deleted: " + e.getMessage()),
          true,
          e);
    }
    synchronized (cell) {
      journal.forget(cell.id);
      cell.notifyAll();
      LOG.info(
          "workspace={} from={} to={} reason=\"{}\"",
          cell.id,
          GuestPhase.REMOVING,
          GuestPhase.ABSENT,
          record.reason());
      audit.record(
          "guest.removed", Map.of("workspace", cell.id.toString(), "reason", record.reason()));
    }
  }

  /** How long to wait; empty to walk on at once, on another way. */
  private Optional<Duration> failed(Cell cell, Step step, GuestFailedException e) {
    synchronized (cell) {
      Optional<GuestRecord> found = journal.find(cell.id);
      if (closing.getAsBoolean() || found.isEmpty()) {
        return Optional.empty();
      }
      GuestRecord record = found.get();
      boolean unwinding = record.goal() == Goal.REMOVED || record.failure().isPresent();
      if (unwinding && !(step instanceof Step.Undo) && !(step instanceof Step.Forget)) {
        cell.recovering = false;
        return Optional.empty();
      }
      if (step instanceof Step.Snapshot && SnapshotShelf.mayBeGivenUp(record)) {
        LOG.warn("workspace={} {}", cell.id, e.getMessage());
        audit.record("guest.snapshot-failed", AuditFacts.refused(cell.id, e.failure()));
        write(cell, new JournalEntry.SnapshotFailed(clock.instant(), e.failure()));
        return Optional.empty();
      }
      cell.failures++;
      if (cell.failingSince == null) {
        cell.failingSince = clock.instant();
      }
      if (Perseverance.restsOn(record, step, e)) {
        LOG.warn("workspace={} is not started: {}", cell.id, e.getMessage());
        cell.rewind = false;
        write(cell, new JournalEntry.StartRefused(clock.instant(), e.failure()));
        cell.succeeded();
        return Optional.empty();
      }
      Duration failing = Duration.between(cell.failingSince, clock.instant());
      if (!unwinding && !Perseverance.triesAgain(record, e, failing, patience)) {
        LOG.warn("workspace={} step={} refused: {}", cell.id, step, e.getMessage());
        cell.recovering = false;
        cell.rewind = false;
        write(cell, new JournalEntry.Failed(clock.instant(), e.failure()));
        cell.succeeded();
        return Optional.empty();
      }
      cell.setback = Optional.of(e.failure()).filter(Perseverance::isOfImage);
      boolean onlyLeftToRun =
          record.restored()
              && record.has(HookName.SANDBOXED)
              && e.failure().category() != Failure.Category.NOT_FOUND;
      if (step instanceof Step.Do todo && Step.OF_START.contains(todo.hook()) && !onlyLeftToRun) {
        cell.rewind = true;
      }
      Duration pause = Perseverance.pauseAfter(cell.failures);
      LOG.warn(
          "workspace={} step={} failed {} times, again in {} ms: {}",
          cell.id,
          step,
          cell.failures,
          pause.toMillis(),
          e.getMessage());
      return Optional.of(pause);
    }
  }

  private boolean abandoned(UUID id, Goal... others) {
    return closing.getAsBoolean()
        || journal.find(id).map(r -> List.of(others).contains(r.goal())).orElse(true);
  }

  /** Writes a line and tells who waits what changed by it. The cell's monitor is held. */
  GuestRecord write(Cell cell, JournalEntry entry) {
    UUID id = cell.id;
    GuestPhase before = GuestPhase.of(journal.find(id));
    GuestRecord next = journal.append(id, entry);
    GuestPhase after = GuestPhase.of(Optional.of(next));
    if (before != after) {
      cell.notifyAll();
      String reason =
          entry instanceof JournalEntry.OfSnapshot snapshot
              ? snapshot.text()
              : next.failure()
                  .map(f -> f.code() + ": " + f.message())
                  .or(next::ended)
                  .orElse(next.reason());
      LOG.info("workspace={} from={} to={} reason=\"{}\"", id, before, after, reason);
      audit.record(
          "guest." + after.name().toLowerCase(Locale.ROOT),
          AuditFacts.moved(id, before, next.failure().or(next::setback), reason));
    }
    return next;
  }
}
