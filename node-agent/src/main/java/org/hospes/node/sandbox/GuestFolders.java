package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.disk.VolumeNames;
import org.hospes.node.journal.SealedDisk;

/**
 * Where a guest's own files lie, and its disks where these are volumes. The hypervisor's user may
 * pass through, not list.
 */
public final class GuestFolders {
  private final Path root;
  private final Optional<Path> devices;

  /**
   * Disks are files.
   *
   * @param root made when missing
   */
  public GuestFolders(Path root) throws IOException {
    this(root, Optional.empty());
  }

  /**
   * The same, unless guests' disks are volumes.
   *
   * @param devices the folder of the volumes' devices
   */
  public GuestFolders(Path root, Optional<Path> devices) throws IOException {
    this.root = root;
    this.devices = devices;
    open(root);
  }

  /** Whether guests' disks are volumes, each of which is all that its guest is given. */
  boolean ofVolumes() {
    return devices.isPresent();
  }

  /** Where a disk lies, or the saved memory, that a seal names. */
  Path place(UUID id, String name) {
    return devices.isPresent() && VolumeNames.isGuests(name)
        ? devices.get().resolve(name)
        : folder(id).resolve(name);
  }

  /** Where a copy waits to be moved into the place of this disk, or of the saved memory. */
  Path beside(UUID id, Path place) {
    String name = place.getFileName().toString();
    return devices.filter(place::startsWith).isPresent()
        ? devices.get().resolve(VolumeNames.back(name))
        : copiedBack(id).resolve(name);
  }

  Path folder(UUID id) {
    return root.resolve(id.toString());
  }

  Path overlay(UUID id) {
    return devices
        .map(folder -> folder.resolve(VolumeNames.disk(id)))
        .orElseGet(() -> folder(id).resolve("disk.qcow2"));
  }

  Path scratch(UUID id) {
    return devices
        .map(folder -> folder.resolve(VolumeNames.scratch(id)))
        .orElseGet(() -> folder(id).resolve("scratch.raw"));
  }

  Path seed(UUID id) {
    return folder(id).resolve(SealedDisk.SEED);
  }

  Path console(UUID id) {
    return folder(id).resolve("console.log");
  }

  /** Where the snapshots lie, each a folder of its own. */
  Path snapshots(UUID id) {
    return folder(id).resolve("snapshots");
  }

  /** Where the one disk lies that was made of the image and what the guest wrote. */
  Path flat(UUID id) {
    return snapshots(id).resolve(".flat").resolve(overlay(id).getFileName());
  }

  /** Where a copy of a snapshot waits to be moved into the place of the disks. */
  Path copiedBack(UUID id) {
    return folder(id).resolve(".copied-back");
  }

  /** Where what another node left is gathered until it is whole. */
  Path arriving(UUID id) {
    return folder(id).resolve(".arriving");
  }

  /** Where copies of what other nodes are about to leave wait; nothing there counts. */
  Path ahead() {
    return root.resolve(".ahead");
  }

  /** Where its memory is kept while it is suspended. */
  Path memory(UUID id) {
    return folder(id).resolve(SealedDisk.MEMORY);
  }

  void make(UUID id) throws IOException {
    open(folder(id));
  }

  /** Deletes the folder with all that is in it; does nothing when it is not there. */
  void delete(UUID id) throws IOException {
    deleteAll(folder(id));
  }

  /**
   * Deletes a file, or a folder with all that is in it; does nothing when it is not there. A tool
   * that was killed at its work may have left a folder of its own in a guest's.
   */
  static void deleteAll(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> inside = Files.newDirectoryStream(path)) {
        for (Path one : inside) {
          deleteAll(one);
        }
      }
    }
    Files.deleteIfExists(path);
  }

  private static void open(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
  }
}
