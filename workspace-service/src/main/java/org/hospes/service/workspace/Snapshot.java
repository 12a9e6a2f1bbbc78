package org.hospes.service.workspace;

import java.time.Instant;
import java.util.Objects;

/**
 * A copy of the disks of a workspace, and of its memory if it was suspended, as its node tells of
 * it.
 *
 * @param bytes what it took on the node's disk when it was taken
 * @param current whether the workspace is stopped or suspended and what it left is the very same
 * @param memory whether its memory is in it: taken back to it, the workspace is suspended
 */
public record Snapshot(String name, Instant takenAt, long bytes, boolean current, boolean memory) {
  public Snapshot {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(takenAt, "takenAt");
  }

  /** The same once the disks may be written to. */
  Snapshot left() {
    return new Snapshot(name, takenAt, bytes, false, memory);
  }
}
