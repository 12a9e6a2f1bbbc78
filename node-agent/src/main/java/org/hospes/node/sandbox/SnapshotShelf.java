package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.hospes.node.disk.DeviceBytes;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;

/**
 * The snapshots of guests that are stopped: copies of their disks, whole or not there at all; of
 * those that are suspended, of their memory too. The agent makes them by itself, since not every
 * hypervisor's driver can.
 *
 * <p>A copy is compared with the digests that the disks were sealed with, so that one of a disk
 * that was altered is never taken, and one that was altered itself never used. A guest is taken
 * back in two steps with a line of the journal between them: a copy of the snapshot is laid beside
 * the disks; from that line on it is the guest's disk, and is moved into its place however often
 * the agent is killed at it. Memory is used once as ever: what a guest goes on from is the copy,
 * and each rollback lays a fresh one.
 */
final class SnapshotShelf {

  private final ImageHook image;
  private final DiskMaker tools;
  private final DiskSeals seals;
  private final GuestFolders folders;
  private final Clock clock;

  SnapshotShelf(
      ImageHook image, DiskMaker tools, DiskSeals seals, GuestFolders folders, Clock clock) {
    this.image = image;
    this.tools = tools;
    this.seals = seals;
    this.folders = folders;
    this.clock = clock;
  }

  /** What a snapshot of these disks would take, in bytes. */
  long size(GuestRecord record) throws GuestFailedException {
    long bytes = 0;
    for (SealedDisk disk : record.seal().orElse(List.of())) {
      bytes += tools.taken(folders.place(record.id(), disk.name()));
    }
    return bytes;
  }

  /**
   * Takes the next step of what is to be done. Cut off and taken again, it ends the same.
   *
   * @param abandoned true once nobody needs it any more
   * @return what the journal is to hold
   * @throws GuestFailedException when it cannot be done; the guest's disks are as before
   */
  JournalEntry.OfSnapshot advance(GuestRecord record, BooleanSupplier abandoned)
      throws GuestFailedException {
    SnapshotTask task = record.snapshots().pending().orElseThrow();
    try {
      if (!record.snapshots().copiedBack()) {
        clear(record);
      }
      return switch (task.kind()) {
        case TAKE -> take(record, task.name(), abandoned);
        case ROLL_BACK ->
            record.snapshots().copiedBack()
                ? putInPlace(record, task.name())
                : copyBack(record, task.name(), abandoned);
        case DELETE -> delete(record, task.name());
        case FLATTEN -> flatten(record, task.name(), abandoned);
      };
    } catch (IOException e) {
      throw new GuestFailedException(
          Failure.of(
              Failure.Category.SITE,
              "disk.failed",
              folders.folder(record.id()) + ": " + e.getMessage()),
          true,
          e);
    }
  }

  /** Whether a step that fails leaves everything as it was, so that it may be given up. */
  static boolean mayBeGivenUp(GuestRecord record) {
    return record.snapshots().pending().isPresent() && !record.snapshots().copiedBack();
  }

  private JournalEntry.OfSnapshot take(GuestRecord record, String name, BooleanSupplier abandoned)
      throws GuestFailedException, IOException {
    Instant now = clock.instant();
    Optional<Snapshot> there = record.snapshots().find(name);
    if (there.isPresent()) {
      // It was asked for only because the guest's disks are what this snapshot holds.
      return new JournalEntry.SnapshotTaken(now, there.get());
    }
    Path shelf = folders.snapshots(record.id());
    make(shelf);
    Path fresh = shelf.resolve("." + name + ".new");
    long bytes = size(record);
    requireRoom(shelf, bytes);
    List<SealedDisk> disks = record.seal().orElseThrow();
    try {
      make(fresh);
      for (SealedDisk disk : disks) {
        Path file = folders.place(record.id(), disk.name());
        Path copy = fresh.resolve(disk.name());
        copy(file, file, copy, disk, abandoned, DiskSeals.altered(file));
      }
      sync(fresh);
      Files.move(fresh, shelf.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      sync(shelf);
      sync(folders.folder(record.id()));
    } finally {
      GuestFolders.deleteAll(fresh);
    }
    return new JournalEntry.SnapshotTaken(now, new Snapshot(name, now, bytes, disks));
  }

  private void copy(
      Path like, Path from, Path to, SealedDisk disk, BooleanSupplier abandoned, Failure otherwise)
      throws GuestFailedException, IOException {
    tools.copyLike(like, from, to, !disk.name().equals(SealedDisk.SEED), abandoned);
    if (disk.name().equals(SealedDisk.MEMORY)) {
      MemorySave.keepFromGuests(to);
    }
    DiskSeals.requireSame(to, disk, abandoned, otherwise);
  }

  private JournalEntry.OfSnapshot copyBack(
      GuestRecord record, String name, BooleanSupplier abandoned)
      throws GuestFailedException, IOException {
    Snapshot snapshot = record.snapshots().find(name).orElseThrow();
    Path beside = folders.copiedBack(record.id());
    requireRoom(folders.folder(record.id()), bytesOfFiles(record, snapshot));
    boolean whole = false;
    try {
      make(beside);
      for (SealedDisk disk : snapshot.disks()) {
        Path file = folders.snapshots(record.id()).resolve(name).resolve(disk.name());
        Failure altered =
            Failure.of(
                    Failure.Category.IMAGE_REFUSED,
                    "snapshot.altered",
                    "snapshot " + name + " was altered since it was taken")
                .advice("tell the site's operators, who should find out who wrote there")
                .fact("file", file.toString());
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          throw GuestFailedException.refused(
              altered.fact("expected", disk.bytes() + " bytes").fact("found", "no file"));
        }
        Path place = folders.place(record.id(), disk.name());
        copy(place, file, folders.beside(record.id(), place), disk, abandoned, altered);
      }
      seals.requireOwnBase(record, folders.beside(record.id(), folders.overlay(record.id())));
      sync(beside);
      sync(folders.folder(record.id()));
      whole = true;
    } finally {
      if (!whole) {
        dropCopies(record);
      }
    }
    return new JournalEntry.SnapshotCopiedBack(clock.instant(), name);
  }

  /** A volume finds its own room, or does not. */
  private long bytesOfFiles(GuestRecord record, Snapshot snapshot) {
    return folders.ofVolumes()
        ? snapshot.disks().stream()
            .filter(disk -> !DeviceBytes.isDevice(folders.place(record.id(), disk.name())))
            .mapToLong(SealedDisk::bytes)
            .sum()
        : snapshot.bytes();
  }

  /** What was laid beside the disks. */
  private void dropCopies(GuestRecord record) throws GuestFailedException, IOException {
    tools.remove(folders.beside(record.id(), folders.overlay(record.id())));
    tools.remove(folders.beside(record.id(), folders.scratch(record.id())));
    GuestFolders.deleteAll(folders.copiedBack(record.id()));
  }

  private JournalEntry.OfSnapshot putInPlace(GuestRecord record, String name)
      throws GuestFailedException, IOException {
    Path beside = folders.copiedBack(record.id());
    Path folder = folders.folder(record.id());
    Snapshot snapshot = record.snapshots().find(name).orElseThrow();
    if (!snapshot.remembers()) {
      // It goes with disks that are about to be gone.
      Files.deleteIfExists(folders.memory(record.id()));
    }
    for (SealedDisk disk : snapshot.disks()) {
      Path place = folders.place(record.id(), disk.name());
      tools.replace(folders.beside(record.id(), place), place);
    }
    GuestFolders.deleteAll(beside);
    sync(folder);
    return new JournalEntry.SnapshotRestored(clock.instant(), name);
  }

  private JournalEntry.OfSnapshot delete(GuestRecord record, String name) throws IOException {
    GuestFolders.deleteAll(folders.snapshots(record.id()).resolve(name));
    return new JournalEntry.SnapshotDeleted(clock.instant(), name);
  }

  /** What one disk of all that the guest's stands on may take at most, in bytes. */
  long flatSize(GuestRecord record) throws GuestFailedException {
    Path overlay = folders.overlay(record.id());
    seals.requireOwnBase(record, overlay);
    return tools.flatBytes(overlay);
  }

  private JournalEntry.OfSnapshot flatten(
      GuestRecord record, String name, BooleanSupplier abandoned)
      throws GuestFailedException, IOException {
    Path overlay = folders.overlay(record.id());
    image.verifyAgain(record, abandoned);
    for (SealedDisk disk : record.seal().orElseThrow()) {
      if (disk.name().equals(overlay.getFileName().toString())) {
        DiskSeals.requireSame(overlay, disk, abandoned, DiskSeals.altered(overlay));
      }
    }
    seals.requireOwnBase(record, overlay);
    Path flat = folders.flat(record.id());
    make(folders.snapshots(record.id()));
    requireRoom(folders.snapshots(record.id()), flatSize(record));
    SealedDisk made;
    boolean whole = false;
    try {
      make(flat.getParent());
      tools.flatten(overlay, flat, record.base().orElseThrow().virtualBytes(), abandoned);
      made = DiskSeals.seal(flat, abandoned);
      sync(flat.getParent());
      sync(folders.snapshots(record.id()));
      whole = true;
    } finally {
      if (!whole) {
        GuestFolders.deleteAll(flat.getParent());
      }
    }
    Instant now = clock.instant();
    return new JournalEntry.Flattened(now, new Snapshot(name, now, made.bytes(), List.of(made)));
  }

  /** Deletes what earlier tasks left that were cut off: all that no journal tells of. */
  private void clear(GuestRecord record) throws GuestFailedException, IOException {
    dropCopies(record);
    Path shelf = folders.snapshots(record.id());
    if (Files.isDirectory(shelf, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(shelf)) {
        for (Path one : all) {
          if (record.snapshots().find(one.getFileName().toString()).isEmpty()) {
            GuestFolders.deleteAll(one);
          }
        }
      }
    }
  }

  private void requireRoom(Path where, long bytes) throws GuestFailedException {
    Room.require(
        tools,
        where,
        bytes,
        "a copy of the guest's disks",
        "delete a snapshot, or tell the site's operators",
        false);
  }

  /** For root alone: guests' own user has no business with what is kept. */
  private static void make(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
