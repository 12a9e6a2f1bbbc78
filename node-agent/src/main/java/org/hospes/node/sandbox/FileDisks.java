package org.hospes.node.sandbox;

import static org.hospes.node.sandbox.DiskWork.ask;
import static org.hospes.node.sandbox.DiskWork.take;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.hospes.node.disk.DiskException;
import org.hospes.node.disk.FlatDisks;
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
  private final FlatDisks flat;

  public FileDisks(GuestDisks disks) {
    this.disks = disks;
    this.flat = new FlatDisks(disks);
  }

  @Override
  public GuestDisk overlay(Path file, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    return ask(() -> disks.overlay(file, base, virtualBytes));
  }

  @Override
  public void requireUnused(
      Path overlay, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    take(() -> disks.requireUnused(overlay, base, virtualBytes));
  }

  @Override
  public GuestDisk scratch(Path file, long bytes) throws GuestFailedException {
    return ask(() -> disks.scratch(file, (bytes + SECTOR - 1) / SECTOR * SECTOR));
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
      throw DiskWork.failed(e);
    }
  }

  @Override
  public void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws GuestFailedException {
    take(() -> disks.copy(from, to, writable, abandoned));
  }

  @Override
  public void flatten(Path overlay, Path to, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    take(() -> flat.ofOverlay(overlay, to, virtualBytes, abandoned));
  }

  @Override
  public boolean rebase(Path overlay, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    try {
      return ForeignOverlay.rebase(overlay, base, virtualBytes);
    } catch (DiskException e) {
      if (!e.code().equals(DiskException.CONFLICT)) {
        throw DiskWork.failed(e);
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
    return ask(() -> flat.bytesOfOverlay(overlay));
  }

  @Override
  public void adopt(Path fetched, Path place, boolean writable) throws GuestFailedException {
    take(() -> disks.adopt(fetched, place, writable));
  }

  @Override
  public long taken(Path file) throws GuestFailedException {
    return ask(() -> disks.taken(file));
  }

  @Override
  public long room(Path folder) throws GuestFailedException {
    return ask(() -> disks.room(folder));
  }
}
