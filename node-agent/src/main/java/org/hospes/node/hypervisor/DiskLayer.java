package org.hospes.node.hypervisor;

import java.nio.file.Path;
import java.util.Objects;
import org.hospes.image.DiskFormat;

/**
 * One file of a disk's chain, or a block device that is all of it. The format is stated, never
 * found out by the hypervisor.
 *
 * @param path absolute
 */
public record DiskLayer(Path path, DiskFormat format) {
  public DiskLayer {
    Objects.requireNonNull(format, "format");
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("disk path is not absolute: " + path);
    }
    XmlText.require("disk path", path.toString());
  }

  /** Whether it is a block device. */
  public boolean isDevice() {
    return path.startsWith("/dev");
  }
}
