package org.hospes.node.sandbox;

import java.nio.file.Path;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.journal.GuestOrder;

/** Makes a guest's disks; each is there whole or not at all, and made again ends the same. */
public interface DiskMaker {
  /** A writable layer over a base, as long as the guest's disk is to be. */
  GuestDisk overlay(Path file, DiskLayer base, long virtualBytes) throws GuestFailedException;

  /** An empty disk of this many bytes. */
  GuestDisk scratch(Path file, long bytes) throws GuestFailedException;

  /** The read-only disk that carries the order's key and user data. */
  GuestDisk seed(Path file, GuestOrder order) throws GuestFailedException;
}
