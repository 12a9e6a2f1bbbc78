package org.hospes.node.sandbox;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.hospes.node.disk.DiskException;
import org.hospes.node.disk.ForeignOverlay;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.disk.Seed;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestOrder;

/** Disks as files on this node. */
public final class FileDisks implements DiskMaker {
  private static final long SECTOR = 512;

  private final GuestDisks disks;

  public FileDisks(GuestDisks disks) {
    this.disks = disks;
  }

  @Override
  public GuestDisk overlay(Path file, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    try {
      return disks.overlay(file, base, virtualBytes);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public void requireUnused(
      Path overlay, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    try {
      disks.requireUnused(overlay, base, virtualBytes);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public GuestDisk scratch(Path file, long bytes) throws GuestFailedException {
    try {
      return disks.scratch(file, (bytes + SECTOR - 1) / SECTOR * SECTOR);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public void seed(Path file, GuestOrder order) throws GuestFailedException {
    try {
      Seed seed =
          new Seed(
              order.id(),
              Seed.hostnameOf(order.id(), order.name()),
              order.sshKey(),
              order.userData());
      disks.seed(file, seed);
    } catch (IllegalArgumentException e) {
      throw GuestFailedException.refused(
          Failure.of(Category.INVALID, "order.guest-data", e.getMessage()));
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws GuestFailedException {
    try {
      disks.copy(from, to, writable, abandoned);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public void flatten(Path overlay, Path to, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    try {
      disks.flatten(overlay, to, virtualBytes, abandoned);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public boolean rebase(Path overlay, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    try {
      return ForeignOverlay.rebase(overlay, base, virtualBytes);
    } catch (DiskException e) {
      if (!e.code().equals(DiskException.CONFLICT)) {
        throw failed(e);
      }
      throw GuestFailedException.refused(
          new Failure(
              Category.IMAGE_REFUSED,
              "disk.backing",
              e.getMessage(),
              Optional.of("tell the operators of the node that it comes from"),
              e.facts()));
    }
  }

  @Override
  public long flatBytes(Path overlay) throws GuestFailedException {
    try {
      return disks.flatBytes(overlay);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public void adopt(Path fetched, Path place, boolean writable) throws GuestFailedException {
    try {
      disks.adopt(fetched, place, writable);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public long taken(Path file) throws GuestFailedException {
    try {
      return disks.taken(file);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  @Override
  public long room(Path folder) throws GuestFailedException {
    try {
      return disks.room(folder);
    } catch (DiskException e) {
      throw failed(e);
    }
  }

  static GuestFailedException failed(DiskException e) {
    boolean full = e.code().equals(DiskException.NO_SPACE);
    return new GuestFailedException(
        new Failure(
            full ? Category.NO_CAPACITY : Category.SITE,
            e.code(),
            e.getMessage(),
            Optional.empty(),
            e.facts()),
        e.code().equals(DiskException.FAILED) || e.code().equals(DiskException.ABANDONED),
        e);
  }
}
