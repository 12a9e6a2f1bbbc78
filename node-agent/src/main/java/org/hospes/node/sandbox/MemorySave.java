package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalEntry;

/** A guest's memory: written to a file of its folder, and taken away once it is spent. */
final class MemorySave {
  private final Hypervisor hypervisor;
  private final DiskMaker tools;
  private final GuestFolders folders;

  MemorySave(Hypervisor hypervisor, DiskMaker tools, GuestFolders folders) {
    this.hypervisor = hypervisor;
    this.tools = tools;
    this.folders = folders;
  }

  /**
   * Writes it and ends the guest; does nothing when that is done. Cut off, it is begun anew, once
   * the hypervisor is no longer at what was begun before.
   *
   * @param abandoned true once nobody needs it any more
   * @return false when the guest has ended otherwise
   */
  boolean done(GuestRecord record, BooleanSupplier abandoned) throws GuestFailedException {
    Path file = folders.memory(record.id());
    try {
      if (hypervisor.saving(record.id())) {
        throw stillSaving(record.id());
      }
      Optional<GuestStatus> status = hypervisor.inspect(record.id());
      if (status.isPresent()) {
        // What an earlier attempt left must not be taken for what this one writes, nor for the
        // memory of a guest that was let go on after it, and ended.
        Files.deleteIfExists(file);
        if (status.get().state() == GuestState.ENDED) {
          return false;
        }
        Room.require(
            tools,
            file.getParent(),
            record.order().memoryBytes(),
            "the guest's memory",
            "it is tried again; meanwhile the guest runs on",
            true);
        hypervisor.save(record.id(), file, abandoned);
      }
      if (!hypervisor.saved(record.id(), file)) {
        return false;
      }
      // The hypervisor's user needed it to be its own; nobody but the agent does from now on.
      keepFromGuests(file);
      return true;
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  /** Since when the guest stood still that was saved while it ran, unless that is told already. */
  Optional<JournalEntry> stood(GuestRecord record) {
    return hypervisor
        .stoodStill(record.id())
        .filter(since -> !record.stoodStill(since))
        .map(JournalEntry.Stood::new);
  }

  /** Makes it the agent's alone: other guests' device models run as the user whose disks are. */
  static void keepFromGuests(Path file) throws IOException {
    Files.setOwner(file, Files.getOwner(file.getParent()));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** Its room is free at once, also where the guest's device model goes on holding the file. */
  static void delete(Path file) throws GuestFailedException {
    try {
      FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
          .close();
      Files.deleteIfExists(file);
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static GuestFailedException stillSaving(UUID id) {
    return new GuestFailedException(
        Failure.of(
                Failure.Category.SITE,
                "hypervisor.saving",
                "the hypervisor is still writing the guest's memory, as an agent told it that is"
                    + " gone")
            .fact("workspace", id.toString()),
        true,
        null);
  }

  private static GuestFailedException failed(Path file, IOException e) {
    return new GuestFailedException(
        Failure.of(Failure.Category.SITE, "disk.failed", file + ": " + e), true, e);
  }
}
