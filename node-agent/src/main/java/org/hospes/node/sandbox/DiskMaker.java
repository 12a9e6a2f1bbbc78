package org.hospes.node.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;

/**
 * Makes a guest's disks; each is there whole or not at all, and made again ends the same. A disk is
 * a file, or a block device where its path is one of {@code /dev}.
 */
public interface DiskMaker {
  /**
   * The disk that a guest boots, which holds the base until the guest writes.
   *
   * @param abandoned true once nobody needs it any more
   */
  default GuestDisk first(Path disk, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    return overlay(disk, base, virtualBytes);
  }

  /** What the hypervisor is told of that disk. */
  default GuestDisk given(Path disk, DiskLayer base) {
    return GuestDisk.overlay(disk, base);
  }

  /**
   * That a disk which no guest has run with holds the verified base and nothing else, as far as
   * nobody looks at that at every boot.
   *
   * @throws GuestFailedException {@code disk.conflict} when it holds anything else
   */
  default void requireUnused(
      Path disk, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {}

  /** Whether a disk is there; a device can be opened then. */
  default boolean there(Path disk) throws GuestFailedException {
    return Files.exists(disk, LinkOption.NOFOLLOW_LINKS);
  }

  /** Takes a disk away; does nothing when it is not there. */
  default void remove(Path disk) throws GuestFailedException {
    try {
      Files.deleteIfExists(disk);
    } catch (IOException e) {
      throw unusable(disk, e);
    }
  }

  /** Puts a copy in the place of a disk; does nothing when that was done. */
  default void replace(Path copied, Path place) throws GuestFailedException {
    try {
      // What is not there any more was moved before the agent was killed.
      if (Files.exists(copied, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(copied, place, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw unusable(place, e);
    }
  }

  /**
   * As {@link #copy}, made in the way in which another disk of the guest is made.
   *
   * @param like the disk whose place the copy may take
   */
  default void copyLike(Path like, Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws GuestFailedException {
    copy(from, to, writable, abandoned);
  }

  private static GuestFailedException unusable(Path disk, IOException e) {
    return new GuestFailedException(
        Failure.of(Failure.Category.SITE, "disk.failed", disk + ": " + e.getMessage()), true, e);
  }

  /** A writable layer over a base, as long as the guest's disk is to be. */
  GuestDisk overlay(Path file, DiskLayer base, long virtualBytes) throws GuestFailedException;

  /** An empty disk of this many bytes. */
  GuestDisk scratch(Path file, long bytes) throws GuestFailedException;

  /**
   * The disk that carries the order's key and user data, and nothing else: the same order gives the
   * same bytes. What is there already is kept if it is that, and replaced if not.
   */
  void seed(Path file, GuestOrder order) throws GuestFailedException;

  /**
   * A copy of a disk that nobody holds, in place of a file that may be there.
   *
   * @param writable by the guest
   * @param abandoned true once nobody needs it any more
   */
  void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws GuestFailedException;

  /**
   * One disk of an overlay that nobody holds and the base that it stands on, whose headers were
   * compared. It stands on nothing.
   *
   * @param abandoned true once nobody needs it any more
   */
  void flatten(Path overlay, Path to, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException;

  /** What {@link #flatten} of this overlay may take on the disk at most, in bytes. */
  long flatBytes(Path overlay) throws GuestFailedException;

  /**
   * Has an overlay that another node made stand on this node's own base, which is the same image.
   * Nothing of what is in the file is believed.
   *
   * @param virtualBytes the disk's size as the guest sees it
   * @return whether the file was changed
   * @throws GuestFailedException IMAGE_REFUSED when it is no overlay of that image
   */
  boolean rebase(Path overlay, DiskLayer base, long virtualBytes) throws GuestFailedException;

  /**
   * Puts a file that was fetched in the place of a guest's disk, in one move, as if it had been
   * made here. It is not synced.
   *
   * @param writable by the guest
   */
  void adopt(Path fetched, Path place, boolean writable) throws GuestFailedException;

  /** What a file takes on the disk, in bytes. */
  long taken(Path file) throws GuestFailedException;

  /** What there is still room for where the guests' disks lie, in bytes. */
  long room(Path folder) throws GuestFailedException;
}
