package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares what the journal says with what really runs, once after the agent came back. */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final Hypervisor hypervisor;
  private final SandboxHook sandbox;
  private final Clock clock;

  Recovery(Hypervisor hypervisor, SandboxHook sandbox, Clock clock) {
    this.hypervisor = hypervisor;
    this.sandbox = sandbox;
    this.clock = clock;
  }

  /** Writes lines of the journal. */
  interface Pen {
    GuestRecord write(Cell cell, JournalEntry entry);
  }

  /** Takes up one guest; its cell is no longer recovering when this returns. */
  void take(Cell cell, GuestRecord record, Pen pen) throws GuestFailedException {
    boolean alive =
        (record.goal() == Goal.RUNNING || record.goal() == Goal.PAUSED)
            && record.failure().isEmpty()
            && record.ended().isEmpty();
    if (alive) {
      Optional<GuestStatus> status = status(cell.id);
      boolean running = status.filter(s -> s.state() != GuestState.ENDED).isPresent();
      synchronized (cell) {
        if (record.has(HookName.RESUMED) && !running) {
          GuestRecord unused =
              pen.write(
                  cell,
                  new JournalEntry.Ended(
                      clock.instant(), "the guest was gone when the agent came back"));
        }
      }
      boolean letLoose =
          record.has(HookName.RESUMED)
              || (record.has(HookName.SANDBOXED)
                  // A saved memory is spent by now: its one domain is not given up.
                  && (record.restored()
                      || status.filter(s -> s.state() == GuestState.RUNNING).isPresent()));
      if (running && letLoose) {
        sandbox.check(record);
        LOG.info("workspace={} found running", cell.id);
      } else if (!record.has(HookName.RESUMED)) {
        cell.rewind = true;
      }
    }
    synchronized (cell) {
      cell.recovering = false;
    }
  }

  private Optional<GuestStatus> status(UUID id) throws GuestFailedException {
    try {
      return hypervisor.inspect(id);
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
  }
}
