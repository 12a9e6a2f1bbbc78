package org.hospes.node.sandbox;

import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.disk.VolumeRoom;

/** What volumes take of their group; snapshots of guests are files elsewhere. */
public final class VolumesTaken implements DisksTaken {
  private final VolumeRoom room;
  private final boolean shared;

  public VolumesTaken(GuestVolumes volumes) {
    this(volumes.room(), volumes.copy() == GuestVolumes.Copy.SNAPSHOT);
  }

  VolumesTaken(VolumeRoom room, boolean shared) {
    this.room = room;
    this.shared = shared;
  }

  @Override
  public long disk(long virtualBytes) {
    return shared ? room.snapshot(virtualBytes) : room.dense(virtualBytes);
  }

  @Override
  public long scratch(long bytes) {
    return bytes == 0 ? 0 : room.dense(bytes);
  }

  @Override
  public long image(long virtualBytes) {
    return shared ? room.dense(virtualBytes) : 0;
  }

  @Override
  public boolean snapshots() {
    return false;
  }
}
