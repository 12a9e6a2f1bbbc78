package org.hospes.node.disk;

/**
 * What volumes take of their group, which is given away in extents.
 *
 * @param extentBytes of the group
 */
public record VolumeRoom(long extentBytes) {
  /**
   * What a snapshot copies at once when its guest first writes there: as much as a cluster of the
   * overlays that are files.
   */
  static final long CHUNK = 64 << 10;

  /** A chunk of the kernel's own tables says where so many copied ones lie: 16 bytes each. */
  private static final long PER_TABLE = CHUNK / 16;

  /** The header, the table that is filled, and the one that is made ready beyond it. */
  private static final long BESIDE = 4;

  public VolumeRoom {
    if (extentBytes < 512) {
      throw new IllegalArgumentException("extents of " + extentBytes + " bytes");
    }
  }

  /** Of a volume that holds all its bytes itself. */
  public long dense(long bytes) {
    return extents(bytes) * extentBytes;
  }

  /**
   * Of a snapshot of such a volume that takes every one of its chunks being written to: a snapshot
   * without room for a write is lost as a whole.
   */
  public long snapshot(long bytes) {
    long chunks = (dense(bytes) + CHUNK - 1) / CHUNK;
    long tables = (chunks + PER_TABLE - 1) / PER_TABLE;
    return dense((chunks + tables + BESIDE) * CHUNK);
  }

  long extents(long bytes) {
    return (bytes + extentBytes - 1) / extentBytes;
  }
}
