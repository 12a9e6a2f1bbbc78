package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;

/**
 * Writes key and user data on a disk of their own, so that what cannot be written is told before
 * the guest is started; {@link DomainHook} writes them again when it is.
 */
final class SeedHook implements Hook {
  private final DiskMaker tools;
  private final GuestFolders folders;
  private final Clock clock;

  SeedHook(DiskMaker tools, GuestFolders folders, Clock clock) {
    this.tools = tools;
    this.folders = folders;
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.SEED;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    tools.seed(folders.seed(work.record().id()), work.record().order());
    return JournalEntry.Done.of(clock.instant(), HookName.SEED);
  }

  @Override
  public void tearDown(GuestRecord record) throws GuestFailedException {
    Path seed = folders.seed(record.id());
    try {
      Files.deleteIfExists(seed);
    } catch (IOException e) {
      throw new GuestFailedException(
          Failure.of(Failure.Category.SITE, "disk.failed", seed + ": " + e.getMessage()), true, e);
    }
  }
}
