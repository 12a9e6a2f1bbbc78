package org.hospes.node.sandbox;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.journal.GuestOrder;

/** Makes a guest's disks; each is there whole or not at all, and made again ends the same. */
public interface DiskMaker {
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
