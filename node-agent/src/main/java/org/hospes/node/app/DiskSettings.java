package org.hospes.node.app;

import java.util.Optional;
import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.disk.VolumeGroup;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.hospes.settings.Settings;

/**
 * What guests' disks are on this node.
 *
 * @param group of the volumes, for {@link Kind#LVM}
 */
record DiskSettings(Kind kind, Optional<String> group, GuestVolumes.Copy copy) {
  /** What a disk is. */
  enum Kind {
    /** An overlay on the image's own file. */
    FILES,
    /** A logical volume. */
    LVM
  }

  /**
   * Reads the section.
   *
   * @param rate whether guests' disks are to be held to a rate
   */
  static DiskSettings read(Settings settings, Driver driver, boolean rate) {
    Kind kind = settings.parsed("kind", NodeSettings.oneOf(Kind.class), Kind.FILES);
    String group = settings.text("volume-group", "");
    GuestVolumes.Copy copy =
        settings.parsed(
            "copy", NodeSettings.oneOf(GuestVolumes.Copy.class), GuestVolumes.Copy.SNAPSHOT);
    if (kind == Kind.FILES) {
      return new DiskSettings(kind, Optional.empty(), copy);
    }
    if (driver != Driver.XEN) {
      settings.problem(
          "kind", "volumes are given to guests on Xen only; with this hypervisor say kind: files");
    }
    if (rate) {
      settings.problem(
          "kind",
          "the kernel serves volumes to guests and holds them to no rate: leave out"
              + " limits.guest-disk-rate, or say kind: files");
    }
    if (!group.isEmpty()) {
      try {
        VolumeGroup.requireName(group);
      } catch (IllegalArgumentException e) {
        settings.problem("volume-group", e.getMessage());
      }
    } else {
      settings.problem("volume-group", "the name of an LVM volume group expected");
    }
    return new DiskSettings(kind, Optional.of(group), copy);
  }
}
