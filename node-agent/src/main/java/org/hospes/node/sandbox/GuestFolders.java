package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import org.hospes.node.journal.SealedDisk;

/** Where a guest's own files lie. The hypervisor's user may pass through, not list. */
public final class GuestFolders {
  private final Path root;

  /**
   * @param root made when missing
   */
  public GuestFolders(Path root) throws IOException {
    this.root = root;
    open(root);
  }

  Path folder(UUID id) {
    return root.resolve(id.toString());
  }

  Path overlay(UUID id) {
    return folder(id).resolve("disk.qcow2");
  }

  Path scratch(UUID id) {
    return folder(id).resolve("scratch.raw");
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
