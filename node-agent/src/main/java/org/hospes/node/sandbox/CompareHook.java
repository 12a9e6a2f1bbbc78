package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.hospes.image.verify.FileIdentity;
import org.hospes.node.disk.DeviceBytes;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.OpenFile;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HeldBase;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;

/**
 * Compares what the paused guest's device model holds open with what was verified and made: by
 * device and inode, since a name may lead elsewhere meanwhile.
 */
final class CompareHook implements Hook {
  private final Hypervisor hypervisor;
  private final ImageCache cache;
  private final GuestFolders folders;
  private final boolean holdsFiles;
  private final boolean readOnlyDisks;
  private final Clock clock;

  private record Expected(String what, Path file, FileIdentity identity, boolean writable) {
    boolean is(OpenFile open) {
      return open.is(identity.device(), identity.inode());
    }
  }

  CompareHook(
      Hypervisor hypervisor,
      ImageCache cache,
      GuestFolders folders,
      Capabilities capabilities,
      Clock clock) {
    this.hypervisor = hypervisor;
    this.cache = cache;
    this.folders = folders;
    this.holdsFiles = capabilities.holdsFiles();
    this.readOnlyDisks = capabilities.readOnlyDisks();
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.COMPARED;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    GuestRecord record = work.record();
    if (holdsFiles) {
      try {
        compare(record, hypervisor.openFiles(record.id()));
      } catch (HypervisorException e) {
        throw GuestFailedException.of(e);
      } catch (IOException e) {
        throw new GuestFailedException(
            Failure.of(
                Failure.Category.SITE,
                "sandbox.files.unknowable",
                "a disk of it: " + e.getMessage()),
            true,
            e);
      }
    }
    if (!cache.unchanged(record.id())) {
      throw GuestFailedException.refused(
          Failure.of(
                  Failure.Category.IMAGE_REFUSED,
                  "image.changed",
                  "the image's file was touched after it was verified")
              .fact("file", record.base().orElseThrow().file().toString()));
    }
    return JournalEntry.Done.of(clock.instant(), HookName.COMPARED);
  }

  private void compare(GuestRecord record, List<OpenFile> open)
      throws IOException, GuestFailedException {
    HeldBase base = record.base().orElseThrow();
    List<Expected> expected = new ArrayList<>();
    if (!folders.ofVolumes()) {
      // A volume stands on its base by itself.
      expected.add(
          new Expected("base", base.file(), new FileIdentity(base.device(), base.inode()), false));
    }
    expected.add(own(folders.ofVolumes() ? "disk" : "overlay", folders.overlay(record.id()), true));
    expected.add(own("seed", folders.seed(record.id()), !readOnlyDisks));
    if (record.order().scratchBytes() > 0) {
      expected.add(own("scratch disk", folders.scratch(record.id()), true));
    }
    for (Expected one : expected) {
      List<OpenFile> found = open.stream().filter(one::is).toList();
      boolean writtenTo = !one.writable() && found.stream().anyMatch(OpenFile::writable);
      if (found.isEmpty() || writtenTo) {
        throw differs(one, found, open);
      }
    }
    if (record.remembers()) {
      Expected memory = own("saved memory", folders.memory(record.id()), false);
      if (open.stream().anyMatch(file -> memory.is(file) && file.writable())) {
        throw differs(memory, open, open);
      }
      // Not every hypervisor leaves it open in the guest's device model.
      expected.add(memory);
    }
    for (OpenFile file : open) {
      if (expected.stream().noneMatch(one -> one.is(file))) {
        throw GuestFailedException.refused(
            Failure.of(
                    Failure.Category.SITE,
                    "sandbox.files.unexpected",
                    "the guest would hold a file that it was not given")
                .fact("found", file.path())
                .fact("expected", "the base, the overlay, the seed and the scratch disk"));
      }
    }
  }

  private static Expected own(String what, Path file, boolean writable) throws IOException {
    FileIdentity identity =
        DeviceBytes.isDevice(file)
            ? new FileIdentity(DeviceBytes.number(file), OpenFile.OF_DEVICE)
            : FileIdentity.of(file);
    return new Expected(what, file, identity, writable);
  }

  private static GuestFailedException differs(
      Expected one, List<OpenFile> found, List<OpenFile> open) {
    String message =
        found.isEmpty()
            ? "the hypervisor does not hold the " + one.what() + " that was verified"
            : "the hypervisor could write to the " + one.what();
    return GuestFailedException.refused(
        Failure.of(Failure.Category.SITE, "sandbox.files.differ", message)
            .fact(
                "expected",
                one.file()
                    + " device "
                    + one.identity().device()
                    + " inode "
                    + one.identity().inode())
            .fact("found", open.toString()));
  }

  @Override
  public void tearDown(GuestRecord record) {
    // Looking leaves nothing behind.
  }
}
