package org.hospes.node.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who has how much of a volume group. The volumes that images were staged into make way for new
 * volumes, the least recently used first, those that something stands on never. Safe for many
 * threads.
 */
final class VolumeSpace {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeSpace.class);

  private final VolumeGroup group;
  private final VolumeRoom room;
  private final Path marks;
  private final Clock clock;

  /** How many are about to make a snapshot of a base; none of these is evicted. */
  private final Map<String, Integer> wanted = new HashMap<>();

  /**
   * Of this group.
   *
   * @param marks folder of empty files whose times say when a base was used
   */
  VolumeSpace(VolumeGroup group, VolumeRoom room, Path marks, Clock clock) {
    this.group = group;
    this.room = room;
    this.marks = marks;
    this.clock = clock;
  }

  /** What is free, and what would be without bases that nothing stands on. */
  synchronized long freeBytes() throws DiskException {
    return group.facts().freeBytes()
        + evictable(group.volumes()).stream().mapToLong(Volume::taken).sum();
  }

  /**
   * A volume in the making that holds its own bytes, whatever lay there before.
   *
   * @return its name while it is being made
   */
  synchronized String makeDense(String name, long bytes) throws DiskException {
    String fresh = VolumeNames.fresh(name);
    makeRoom(room.dense(bytes));
    group.makeDense(fresh, room.dense(bytes));
    return fresh;
  }

  /** The same of a snapshot, which has room for a write to every byte of it. */
  synchronized String makeSnapshot(String name, String origin, long bytes) throws DiskException {
    String fresh = VolumeNames.fresh(name);
    makeRoom(room.snapshot(bytes));
    group.makeSnapshot(fresh, origin, room.snapshot(bytes));
    return fresh;
  }

  private void makeRoom(long bytes) throws DiskException {
    long free = group.facts().freeBytes();
    if (free >= bytes) {
      return;
    }
    for (Volume volume : evictable(group.volumes())) {
      LOG.info("volume {} makes way: nothing stands on it", volume.name());
      group.remove(volume.name());
      free += volume.taken();
      if (free >= bytes) {
        return;
      }
    }
    throw new DiskException(
        DiskException.NO_SPACE,
        "volume group "
            + group.name()
            + " has no room: "
            + bytes
            + " bytes needed, "
            + free
            + " free",
        Map.of("expected", "at most " + free, "found", Long.toString(bytes)),
        null);
  }

  private List<Volume> evictable(List<Volume> all) {
    return all.stream()
        .filter(group::owns)
        .filter(v -> VolumeNames.isBase(v.name()) || VolumeNames.isSpoilt(v.name()))
        .filter(v -> !wanted.containsKey(v.name()))
        .filter(v -> all.stream().noneMatch(o -> o.origin().equals(Optional.of(v.name()))))
        .sorted(Comparator.comparing(v -> lastUsed(v.name())))
        .toList();
  }

  /** A base of which a snapshot is about to be made stays until {@link #let}. */
  synchronized void want(String base) throws DiskException {
    Path mark = marks.resolve(base);
    try {
      Files.write(mark, new byte[0]);
      Files.setLastModifiedTime(mark, FileTime.from(clock.instant()));
    } catch (IOException e) {
      throw GuestDisks.failed(mark, e);
    }
    wanted.merge(base, 1, Integer::sum);
  }

  synchronized void let(String base) {
    wanted.computeIfPresent(base, (name, many) -> many == 1 ? null : many - 1);
  }

  private FileTime lastUsed(String base) {
    try {
      return Files.getLastModifiedTime(marks.resolve(base));
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }
}
