package org.hospes.node.sandbox;

import java.time.Clock;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;

/** Lets the guest run. */
final class ResumeHook implements Hook {
  private final Hypervisor hypervisor;
  private final GuestFolders folders;
  private final Clock clock;

  ResumeHook(Hypervisor hypervisor, GuestFolders folders, Clock clock) {
    this.hypervisor = hypervisor;
    this.folders = folders;
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.RESUMED;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    GuestRecord record = work.record();
    if (!clock.instant().isBefore(record.order().leaseEnds())) {
      throw GuestFailedException.refused(
          Failure.of(
                  Failure.Category.TIMED_OUT,
                  "lease.over",
                  "the lease ended before the guest could start")
              .fact("leaseEnds", record.order().leaseEnds().toString()));
    }
    // The journal says by now that a saved memory is spent; it must not be there to be used again.
    MemorySave.delete(folders.memory(record.id()));
    try {
      hypervisor.resume(record.id());
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
    return JournalEntry.Done.of(clock.instant(), HookName.RESUMED);
  }

  @Override
  public void tearDown(GuestRecord record) {
    // A guest that ran is ended with its domain.
  }
}
