package org.hospes.node.hypervisor;

import java.nio.file.Path;
import java.util.List;
import org.hospes.image.DiskFormat;

/**
 * A disk with its whole chain.
 *
 * @param layers the file the guest writes to first, what it stands on after it, to the last: no
 *     layer names a file that is not listed here
 * @param readOnly whether the guest may not write
 */
public record GuestDisk(List<DiskLayer> layers, boolean readOnly) {
  public GuestDisk {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("a disk has at least one layer");
    }
    for (DiskLayer layer : layers.subList(0, layers.size() - 1)) {
      if (layer.format() == DiskFormat.RAW) {
        throw new IllegalArgumentException("a raw file stands on nothing: " + layer.path());
      }
    }
  }

  /** A qcow2 overlay over a verified base; the guest's writes go to the overlay. */
  public static GuestDisk overlay(Path overlay, DiskLayer base) {
    return new GuestDisk(List.of(new DiskLayer(overlay, DiskFormat.QCOW2), base), false);
  }

  /** A raw disk of the guest's own. */
  public static GuestDisk writable(Path raw) {
    return new GuestDisk(List.of(new DiskLayer(raw, DiskFormat.RAW)), false);
  }

  /** A raw disk to be read only, like the seed. */
  public static GuestDisk readOnly(Path raw) {
    return new GuestDisk(List.of(new DiskLayer(raw, DiskFormat.RAW)), true);
  }
}
