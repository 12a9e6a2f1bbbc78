package org.hospes.node.sandbox;

import java.time.Clock;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.network.Attachment;
import org.hospes.node.network.GuestNetwork;
import org.hospes.node.network.NetworkRefusedException;

/**
 * Closes the sandbox around the guest's interface, holds the guest to what it may take, and reads
 * both back.
 */
final class SandboxHook implements Hook {
  private final GuestNetwork network;
  private final Restraints restraints;
  private final Clock clock;

  SandboxHook(GuestNetwork network, Restraints restraints, Clock clock) {
    this.network = network;
    this.restraints = restraints;
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.SANDBOXED;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    check(work.record());
    return JournalEntry.Done.of(clock.instant(), HookName.SANDBOXED);
  }

  /** The same for a guest that runs already. */
  void check(GuestRecord record) throws GuestFailedException {
    Attachment attachment = record.attachment().orElseThrow();
    try {
      network.settle(attachment);
      network.readBack(attachment);
    } catch (NetworkRefusedException e) {
      throw GuestFailedException.of(e);
    }
    restraints.settle(record);
    restraints.readBack(record);
  }

  @Override
  public void tearDown(GuestRecord record) {
    // The network's own hook takes the rules away; interface and limits go with the domain.
  }
}
