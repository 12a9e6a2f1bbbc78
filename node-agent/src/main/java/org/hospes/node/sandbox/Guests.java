package org.hospes.node.sandbox;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hospes.image.SignedImage;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.AskedBy;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.Journal;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.SetAside;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every guest of this node. Calls say what is wanted, write it down, and return; the walking is
 * done by a bounded number of threads, one at a time for each guest. Every call may be repeated.
 */
public final class Guests implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Guests.class);

  private final Journal journal;
  private final Hooks hooks;
  private final Intake intake;
  private final Clock clock;
  private final Waiters waiters;
  private final Walker walker;
  private final Comebacks comebacks;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Cells cells = new Cells();
  private final Object admission = new Object();
  private final GuestWorkers workers;

  /**
   * With the parts of the node.
   *
   * @param patience how long a step that fails for the node's own reasons is tried again
   * @param waiters bounds how many callers wait for news of a guest, and how long
   */
  public Guests(
      Journal journal,
      Hooks hooks,
      GuestFolders folders,
      Hypervisor hypervisor,
      NodeLimits limits,
      Duration patience,
      Waiters waiters,
      AuditTrail audit,
      Clock clock) {
    this.journal = journal;
    this.hooks = hooks;
    this.intake = new Intake(journal, limits, audit, clock);
    this.clock = clock;
    this.waiters = waiters;
    this.walker =
        new Walker(journal, hooks, folders, hypervisor, clock, patience, audit, closing::get);
    this.comebacks = new Comebacks(hypervisor, folders, clock);
    this.workers = new GuestWorkers(walker, journal, cells, closing::get);
  }

  /**
   * Takes up every guest of the journal: finishes or undoes what was cut off. Called once, after
   * the network recovered and before any other call; returns at once.
   */
  public void recover() {
    Collection<GuestRecord> found = journal.all();
    for (GuestRecord record : found) {
      if (record.has(HookName.IMAGE)) {
        hooks.image.adopt(record);
      }
    }
    for (GuestRecord record : found) {
      LOG.info(
          "workspace={} found in the journal: goal={} done={}",
          record.id(),
          record.goal(),
          record.done());
      cells.with(
          record.id(),
          cell -> {
            cell.recovering = true;
            return workers.wake(cell);
          });
    }
  }

  /**
   * Orders a guest's preparation. The same order again is answered with how far it is; a later end
   * of the lease is taken over, and what others say of its image now.
   *
   * @throws GuestFailedException CONFLICT for another order of the same id, NO_CAPACITY, INVALID,
   *     SITE for one whose journal page was damaged
   */
  public GuestView prepare(GuestOrder order) throws GuestFailedException {
    return admit(order.id(), () -> intake.take(order));
  }

  /**
   * Wants a guest here that another node has left to this one; it does not start by itself. The
   * same wish again is answered with how far it is.
   *
   * @throws GuestFailedException CONFLICT when it is here otherwise, NO_CAPACITY, INVALID, SITE for
   *     one whose journal page was damaged
   */
  GuestView receive(GuestOrder order, Arrival arrival) throws GuestFailedException {
    return admit(order.id(), () -> intake.receive(order, arrival));
  }

  private interface Admission {
    void take() throws GuestFailedException;
  }

  private GuestView admit(UUID id, Admission order) throws GuestFailedException {
    Optional<SetAside> damaged = journal.setAside(id);
    if (damaged.isPresent()) {
      throw GuestFailedException.refused(damaged.get().failure());
    }
    synchronized (admission) {
      cells.with(id, cell -> admit(cell, order));
    }
    return view(id);
  }

  private Cell admit(Cell cell, Admission order) throws GuestFailedException {
    try {
      order.take();
    } catch (GuestFailedException e) {
      if (!cell.busy && journal.find(cell.id).isEmpty()) {
        cells.drop(cell);
      }
      throw e;
    }
    return workers.wake(cell);
  }

  /**
   * Wants a guest to run; one that was stopped runs again, with the disk that it left. On one that
   * runs, or ended by itself, nothing happens.
   *
   * @throws GuestFailedException NOT_FOUND when it was not prepared here, CONFLICT when another
   *     node may have it
   */
  public GuestView start(UUID id) throws GuestFailedException {
    return start(id, Optional.empty(), Optional.empty());
  }

  /**
   * As {@link #start(UUID)}.
   *
   * @param request the signed message that asked for it; left out, the last one
   * @param papers its image as others speak for it now; left out, as they did before
   * @throws GuestFailedException CONFLICT also for papers of another signed image
   */
  public GuestView start(UUID id, Optional<AskedBy> request, Optional<SignedImage> papers)
      throws GuestFailedException {
    Optional<HandOver> handedOver = journal.find(id).flatMap(GuestRecord::handedOver);
    if (handedOver.isPresent()) {
      throw GuestFailedException.handedOver(id, handedOver.get());
    }
    if (papers.isPresent()) {
      GuestView unused = decide(id, record -> intake.papers(record, papers.get()));
    }
    return want(
        id,
        new JournalEntry.Wanted(
            clock.instant(), Goal.RUNNING, "started by the service", Optional.empty(), request),
        true);
  }

  /**
   * Wants the processors of a guest that runs to stand still; {@link #start} lets them run again.
   *
   * @throws GuestFailedException NOT_FOUND when it was not prepared here
   */
  public GuestView pause(UUID id) throws GuestFailedException {
    return want(
        id, JournalEntry.Wanted.of(clock.instant(), Goal.PAUSED, "paused by the service"), true);
  }

  /**
   * Wants the memory of a guest that runs on disk and the guest gone; {@link #start} lets it go on
   * from there.
   *
   * @throws GuestFailedException NOT_FOUND when it was not prepared here
   */
  public GuestView suspend(UUID id) throws GuestFailedException {
    return want(
        id,
        JournalEntry.Wanted.of(clock.instant(), Goal.SUSPENDED, "suspended by the service"),
        true);
  }

  /**
   * Wants a guest off and its disk kept: it is asked to power itself off, and ended when it has not
   * done so in the given time. Asked again, the first time holds. On one that is not prepared yet
   * nothing happens.
   *
   * @throws GuestFailedException NOT_FOUND when it was not prepared here
   */
  public GuestView stop(UUID id, Duration grace) throws GuestFailedException {
    Instant now = clock.instant();
    return want(
        id,
        new JournalEntry.Wanted(
            now, Goal.STOPPED, "stopped by the service", Optional.of(now.plus(grace))),
        true);
  }

  /**
   * Wants nothing left of a guest. Absent is as good.
   *
   * @param reason for the journal, people and the audit log
   */
  public GuestView remove(UUID id, String reason) {
    try {
      return want(id, JournalEntry.Wanted.of(clock.instant(), Goal.REMOVED, reason), false);
    } catch (GuestFailedException e) {
      throw new IllegalStateException("removal is never refused", e);
    }
  }

  /** The same without waiting for it. */
  void dismiss(UUID id, String reason) {
    if (journal.find(id).isPresent()) {
      cells.with(
          id, cell -> pursue(cell, JournalEntry.Wanted.of(clock.instant(), Goal.REMOVED, reason)));
    }
  }

  private GuestView want(UUID id, JournalEntry.Wanted wanted, boolean mustExist)
      throws GuestFailedException {
    if (journal.find(id).isEmpty() && !mustExist) {
      return view(id);
    }
    Optional<Cell> held = cells.with(id, cell -> pursue(cell, wanted));
    if (held.isEmpty() && mustExist) {
      throw GuestFailedException.absent(id);
    }
    return view(id);
  }

  /** Empty when there is no such guest. */
  private Optional<Cell> pursue(Cell cell, JournalEntry.Wanted wanted) {
    Optional<GuestRecord> found = journal.find(cell.id);
    if (found.isEmpty()) {
      if (!cell.busy) {
        cells.drop(cell);
      }
      return Optional.empty();
    }
    if (Step.mayFollow(found.get(), wanted.goal())) {
      cell.askedToStop = null;
      walker.write(cell, wanted);
    }
    return Optional.of(workers.wake(cell));
  }

  /** What a look at a guest leads to. */
  interface Decision {
    /** The line to write; empty for none. */
    Optional<JournalEntry> on(GuestRecord record) throws GuestFailedException;
  }

  /**
   * Decides something of a guest as it stands, and sees to it.
   *
   * @throws GuestFailedException NOT_FOUND when it is not here, and whatever the decision throws
   */
  GuestView decide(UUID id, Decision decision) throws GuestFailedException {
    cells.with(
        id,
        cell -> {
          Optional<GuestRecord> found = journal.find(id);
          if (found.isEmpty()) {
            if (!cell.busy) {
              cells.drop(cell);
            }
            throw GuestFailedException.absent(id);
          }
          decision.on(found.get()).ifPresent(entry -> walker.write(cell, entry));
          return workers.wake(cell);
        });
    return view(id);
  }

  /** A guest as it stands. */
  public GuestView view(UUID id) {
    Optional<GuestRecord> record = journal.find(id);
    Optional<Cell> cell = cells.find(id);
    return new GuestView(
        id,
        GuestPhase.of(record),
        record,
        cell.flatMap(one -> one.progress),
        record.flatMap(GuestRecord::setback).or(() -> cell.flatMap(one -> one.setback)),
        cell.flatMap(one -> one.imageRefusal));
  }

  /**
   * A guest as it stands once it has left a phase, or when the time is over; at once when it is in
   * another one, when nothing of it is here, or when too many callers wait already. Holds up
   * nobody.
   */
  public GuestView await(UUID id, GuestPhase left, Duration atMost) {
    if (left != GuestPhase.ABSENT && phase(id) == left) {
      cells
          .find(id)
          .ifPresent(cell -> waiters.await(cell, () -> closing.get() || phase(id) != left, atMost));
    }
    return view(id);
  }

  private GuestPhase phase(UUID id) {
    return GuestPhase.of(journal.find(id));
  }

  /** Every guest of the journal. */
  public List<GuestView> views() {
    return journal.all().stream().map(record -> view(record.id())).toList();
  }

  /** Notes that a guest is gone by itself, unless somebody ended it meanwhile. */
  void gone(UUID id, GuestEnd how) {
    cells.with(
        id,
        cell -> {
          Optional<GuestRecord> found = journal.find(id);
          if (found.filter(GuestPhase::alive).isPresent()) {
            walker.write(cell, comebacks.judge(found.get(), how));
            workers.wake(cell);
          }
          return cell;
        });
  }

  /** Notes why a guest's image would be refused now; empty when it would not. */
  void judged(UUID id, Optional<Failure> imageRefusal) {
    cells.find(id).ifPresent(cell -> cell.imageRefusal = imageRefusal);
  }

  /** Undoes once more what should be undone: a domain stands where none may be. */
  void clean(UUID id) {
    cells.with(
        id,
        cell -> {
          if (!cell.busy) {
            cell.cleaned.clear();
            workers.wake(cell);
          }
          return cell;
        });
  }

  Journal journal() {
    return journal;
  }

  /** Whether a worker is busy with it. */
  boolean busy(UUID id) {
    return cells.with(id, cell -> cell.busy);
  }

  /** How often in a row what is done for it did not work. */
  int failures(UUID id) {
    return cells.with(id, cell -> cell.failures);
  }

  /** Waits until nobody works on any guest, or the time is over. */
  public boolean settled(Duration within) throws InterruptedException {
    return cells.settled(within);
  }

  /** Finishes the hooks under way and walks no further. Guests go on. */
  @Override
  public void close() {
    closing.set(true);
    for (Cell cell : cells.all()) {
      synchronized (cell) {
        cell.notifyAll();
      }
    }
    workers.close();
    hooks.expectations.close();
  }
}
