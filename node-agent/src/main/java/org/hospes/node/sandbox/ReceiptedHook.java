package org.hospes.node.sandbox;

import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.SealedDisk;

/**
 * The sandbox's hook, and behind it the boot's receipt: after this the next thing that happens is
 * that the guest runs, on whatever way it came here, and from here on the journal no longer knows
 * what the guest's disks were. A guest whose receipt is not on the disk does not run.
 */
final class ReceiptedHook implements Hook {
  private final SandboxHook sandbox;
  private final DomainHook domain;
  private final DiskSeals seals;
  private final Hypervisor hypervisor;
  private final GuestFolders folders;
  private final BootReceipts receipts;

  ReceiptedHook(
      SandboxHook sandbox,
      DomainHook domain,
      DiskSeals seals,
      Hypervisor hypervisor,
      GuestFolders folders,
      BootReceipts receipts) {
    this.sandbox = sandbox;
    this.domain = domain;
    this.seals = seals;
    this.hypervisor = hypervisor;
    this.folders = folders;
    this.receipts = receipts;
  }

  @Override
  public HookName name() {
    return sandbox.name();
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    final JournalEntry.Done done = sandbox.setUp(work);
    GuestRecord record = work.record();
    BootReceipts.Boot boot =
        new BootReceipts.Boot(
            record,
            hypervisor.definition(domain.specification(record)),
            DiskSeals.seal(folders.seed(record.id()), work.abandoned()),
            state(record, work.abandoned()));
    try {
      receipts.write(boot);
    } catch (IOException e) {
      throw new GuestFailedException(
          Failure.of(
                  Failure.Category.SITE,
                  "receipt.unwritten",
                  "the receipt of the boot could not be written, and nothing boots without one: "
                      + e.getMessage())
              .advice("tell the site's operators; the node's state directory needs room"),
          false,
          e);
    }
    return done;
  }

  /** Taken anew only where a crash, between the receipt and the start, left no seal behind. */
  private List<SealedDisk> state(GuestRecord record, BooleanSupplier abandoned)
      throws GuestFailedException {
    if (!record.ran()) {
      return List.of();
    }
    List<SealedDisk> sealed =
        record.seal().isPresent() ? record.seal().get() : seals.take(record, abandoned);
    return sealed.stream().filter(disk -> !disk.name().equals(SealedDisk.SEED)).toList();
  }

  @Override
  public void tearDown(GuestRecord record) {
    sandbox.tearDown(record);
  }
}
