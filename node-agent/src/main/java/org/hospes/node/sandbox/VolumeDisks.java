package org.hospes.node.sandbox;

import static org.hospes.node.sandbox.DiskWork.ask;
import static org.hospes.node.sandbox.DiskWork.take;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.hospes.node.disk.DeviceBytes;
import org.hospes.node.disk.FlatDisks;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.journal.GuestOrder;

/**
 * Disks as logical volumes of this node. Seeds, snapshots and saved memory stay files; so a copy is
 * of a file, from a volume into a file, or from a file into a volume.
 */
public final class VolumeDisks implements DiskMaker {
  private static final BooleanSupplier NEVER = () -> false;

  private final GuestVolumes volumes;
  private final GuestDisks disks;
  private final FlatDisks flat;
  private final FileDisks files;

  public VolumeDisks(GuestVolumes volumes, GuestDisks disks) {
    this.volumes = volumes;
    this.disks = disks;
    this.flat = new FlatDisks(disks);
    this.files = new FileDisks(disks);
  }

  @Override
  public GuestDisk first(Path disk, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    take(() -> volumes.disk(disk, base, virtualBytes, abandoned));
    return given(disk, base);
  }

  @Override
  public GuestDisk given(Path disk, DiskLayer base) {
    return GuestDisk.writable(disk);
  }

  @Override
  public GuestDisk overlay(Path disk, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    take(() -> volumes.requireStanding(disk, base, virtualBytes, NEVER));
    return given(disk, base);
  }

  @Override
  public void requireUnused(Path disk, DiskLayer base, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    take(() -> volumes.requireImage(disk, base, abandoned));
  }

  @Override
  public GuestDisk scratch(Path disk, long bytes) throws GuestFailedException {
    take(() -> volumes.scratch(disk, bytes, NEVER));
    return GuestDisk.writable(disk);
  }

  @Override
  public void seed(Path file, GuestOrder order) throws GuestFailedException {
    files.seed(file, order);
  }

  @Override
  public boolean there(Path disk) throws GuestFailedException {
    return DeviceBytes.isDevice(disk) ? ask(() -> volumes.there(disk)) : files.there(disk);
  }

  @Override
  public void remove(Path disk) throws GuestFailedException {
    if (DeviceBytes.isDevice(disk)) {
      take(() -> volumes.remove(disk));
    } else {
      files.remove(disk);
    }
  }

  @Override
  public void replace(Path copied, Path place) throws GuestFailedException {
    if (DeviceBytes.isDevice(place)) {
      take(() -> volumes.replace(copied, place));
    } else {
      files.replace(copied, place);
    }
  }

  @Override
  public void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws GuestFailedException {
    copyLike(to, from, to, writable, abandoned);
  }

  @Override
  public void copyLike(Path like, Path from, Path to, boolean writable, BooleanSupplier abandoned)
      throws GuestFailedException {
    if (DeviceBytes.isDevice(to)) {
      take(() -> volumes.pourLike(like, from, to, abandoned));
    } else if (DeviceBytes.isDevice(from)) {
      take(() -> disks.made(to, fresh -> volumes.drain(from, fresh, abandoned)));
    } else {
      files.copy(from, to, writable, abandoned);
    }
  }

  @Override
  public void flatten(Path disk, Path to, long virtualBytes, BooleanSupplier abandoned)
      throws GuestFailedException {
    take(() -> flat.ofRaw(disk, to, volumes.bytes(disk), abandoned));
  }

  @Override
  public long flatBytes(Path disk) throws GuestFailedException {
    return ask(() -> volumes.there(disk) ? flat.bytesOfRaw(disk) : 0);
  }

  @Override
  public boolean rebase(Path overlay, DiskLayer base, long virtualBytes)
      throws GuestFailedException {
    throw new IllegalStateException("no guest comes to a node whose disks are volumes");
  }

  @Override
  public void adopt(Path fetched, Path place, boolean writable) throws GuestFailedException {
    files.adopt(fetched, place, writable);
  }

  @Override
  public long taken(Path disk) throws GuestFailedException {
    return DeviceBytes.isDevice(disk) ? ask(() -> volumes.bytes(disk)) : files.taken(disk);
  }

  @Override
  public long room(Path place) throws GuestFailedException {
    return DeviceBytes.isDevice(place) ? ask(volumes::freeBytes) : files.room(place);
  }
}
