package org.hospes.node.libvirt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How fast one disk may be read and written, as QEMU says it; 0 is as fast as there is.
 *
 * @param group disks of one group have the rates together; empty: this disk has them to itself
 */
record DiskRate(String group, long read, long written) {
  /** The one group of a guest's disks. */
  static final String GUEST = "guest";

  /**
   * What all these disks together come to, in the direction that is bounded less; nothing when one
   * of them is not bounded.
   */
  static OptionalLong together(List<DiskRate> disks) {
    Map<String, DiskRate> groups = new HashMap<>();
    List<DiskRate> counted = new ArrayList<>();
    for (DiskRate disk : disks) {
      if (disk.read() <= 0 || disk.written() <= 0) {
        return OptionalLong.empty();
      }
      if (disk.group().isEmpty() || groups.put(disk.group(), disk) == null) {
        counted.add(disk);
      }
    }
    long read = counted.stream().mapToLong(DiskRate::read).sum();
    long written = counted.stream().mapToLong(DiskRate::written).sum();
    return counted.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Math.max(read, written));
  }
}
