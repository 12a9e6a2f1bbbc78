package org.hospes.node.disk;

import java.util.Optional;
import java.util.Set;

/**
 * A logical volume as LVM lists it.
 *
 * @param bytes of its device
 * @param taken of the group: of a snapshot, its room for what is written
 * @param origin of which volume it is a snapshot
 * @param active whether there is a block device of it
 * @param invalid whether it is a snapshot that had no room for a write, and holds nothing any more
 */
record Volume(
    String name,
    long bytes,
    long taken,
    Set<String> tags,
    Optional<String> origin,
    boolean active,
    boolean readOnly,
    boolean invalid) {
  Volume {
    tags = Set.copyOf(tags);
  }
}
