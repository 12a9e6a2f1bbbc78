package org.hospes.node.journal;

import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A copy of the disks of a guest that was stopped, or of its disks and memory when it was
 * suspended, which the guest may be taken back to.
 *
 * @param name one of its guest's, safe as a file's name
 * @param bytes what it took on the disk when it was taken
 * @param disks what its files must be when it is used; the memory is one of them
 */
public record Snapshot(String name, Instant takenAt, long bytes, List<SealedDisk> disks) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  public Snapshot {
    disks = List.copyOf(disks);
  }

  /** Whether the guest goes on from memory that was saved with the disks. */
  public boolean remembers() {
    return disks.stream().anyMatch(disk -> disk.name().equals(SealedDisk.MEMORY));
  }

  /**
   * The name, if it is one.
   *
   * @throws IllegalArgumentException with what was expected
   */
  public static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "expected letters, digits, dot, underscore and hyphen, beginning with a letter or a"
              + " digit, at most 64; found '"
              + name
              + "'");
    }
    return name;
  }
}
