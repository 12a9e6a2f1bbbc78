package org.hospes.node.sandbox;

import java.io.IOException;
import java.time.Clock;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HeldBase;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;

/** Makes the guest's writable layer over the verified base, and its scratch disk. */
final class DiskHook implements Hook {
  private final DiskMaker tools;
  private final GuestFolders folders;
  private final Clock clock;

  DiskHook(DiskMaker tools, GuestFolders folders, Clock clock) {
    this.tools = tools;
    this.folders = folders;
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.DISK;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    GuestRecord record = work.record();
    HeldBase base = record.base().orElseThrow();
    try {
      folders.make(record.id());
    } catch (IOException e) {
      throw failed(record, e);
    }
    tools.first(
        folders.overlay(record.id()),
        new DiskLayer(base.file(), base.format()),
        base.virtualBytes(),
        work.abandoned());
    if (record.order().scratchBytes() > 0) {
      tools.scratch(folders.scratch(record.id()), record.order().scratchBytes());
    }
    return JournalEntry.Done.of(clock.instant(), HookName.DISK);
  }

  @Override
  public void tearDown(GuestRecord record) throws GuestFailedException {
    tools.remove(folders.overlay(record.id()));
    tools.remove(folders.scratch(record.id()));
    try {
      if (record.goal() == Goal.REMOVED || record.failure().isPresent()) {
        GuestFolders.deleteAll(folders.arriving(record.id()));
        tools.remove(folders.beside(record.id(), folders.overlay(record.id())));
        tools.remove(folders.beside(record.id(), folders.scratch(record.id())));
        GuestFolders.deleteAll(folders.copiedBack(record.id()));
        GuestFolders.deleteAll(folders.snapshots(record.id()));
      }
    } catch (IOException e) {
      throw failed(record, e);
    }
  }

  private GuestFailedException failed(GuestRecord record, IOException e) {
    return new GuestFailedException(
        Failure.of(
            Failure.Category.SITE,
            "disk.failed",
            folders.folder(record.id()) + ": " + e.getMessage()),
        true,
        e);
  }
}
