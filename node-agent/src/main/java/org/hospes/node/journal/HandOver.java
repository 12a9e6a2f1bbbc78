package org.hospes.node.journal;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.node.network.FormerNetwork;

/**
 * What one node leaves to another: where a guest stands, and its files.
 *
 * @param wish names this one hand-over
 * @param to slash form of the DN of the one host that may fetch the files
 * @param suspended whether the guest goes on from its memory; it is off otherwise
 * @param platform what its disks are made for
 * @param machine what its memory was written for; there when memory goes along
 * @param network what it has of the network there
 */
public record HandOver(
    String wish,
    String to,
    boolean suspended,
    String platform,
    Optional<String> machine,
    FormerNetwork network,
    List<HandedFile> files,
    List<HandedSnapshot> snapshots) {
  /**
   * A snapshot that goes along.
   *
   * @param bytes what it took on the disk there
   */
  public record HandedSnapshot(String name, Instant takenAt, long bytes) {
    public HandedSnapshot {
      Snapshot.requireName(name);
      if (bytes < 0) {
        throw new IllegalArgumentException(name + ": expected what it took, found " + bytes);
      }
    }
  }

  /**
   * Checked as what a stranger may have written.
   *
   * @throws IllegalArgumentException when files are missing, stand twice, or belong to nothing
   */
  public HandOver {
    Snapshot.requireName(wish);
    files = List.copyOf(files);
    snapshots = List.copyOf(snapshots);
    Set<String> names = new HashSet<>();
    for (HandedFile file : files) {
      require(names.add(file.name()), file.name() + " stands twice");
      require(
          !file.isOfSnapshot() || snapshots.stream().anyMatch(s -> file.isOf(s.name())),
          file.name() + " is of no snapshot that is named");
    }
    Set<String> kept = new HashSet<>();
    for (HandedSnapshot snapshot : snapshots) {
      require(kept.add(snapshot.name()), "snapshot " + snapshot.name() + " stands twice");
      require(
          names.contains("snapshot/" + snapshot.name() + "/overlay"),
          "snapshot " + snapshot.name() + " has no overlay");
    }
    require(names.contains("overlay"), "there is no overlay");
    require(names.contains("seed"), "there is no seed");
    require(suspended == names.contains("memory"), "memory goes along with suspended guests alone");
    require(
        machine.isPresent() || files.stream().noneMatch(f -> f.kind() == HandedFile.Kind.MEMORY),
        "there is memory, and no word of what it was written for");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** Whether memory goes along, the guest's or a snapshot's, which knows its address. */
  public boolean hasMemory() {
    return files.stream().anyMatch(f -> f.kind() == HandedFile.Kind.MEMORY);
  }

  /** All that is to be fetched. */
  public long bytes() {
    return files.stream().mapToLong(HandedFile::bytes).sum();
  }

  /** The file of this name. */
  public Optional<HandedFile> file(String name) {
    return files.stream().filter(f -> f.name().equals(name)).findFirst();
  }
}
