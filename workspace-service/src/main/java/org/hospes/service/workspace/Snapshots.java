package org.hospes.service.workspace;

import java.util.List;
import java.util.Optional;

/**
 * What is known of the snapshots of a workspace.
 *
 * @param kept as the node told last, in the order in which they were taken
 * @param wish what the goal is about, while it is about a snapshot
 * @param setback why nothing came of the last wish; until the next one
 */
public record Snapshots(
    List<Snapshot> kept, Optional<SnapshotWish> wish, Optional<Refusal> setback) {
  /** Of a workspace that never had one. */
  public static final Snapshots NONE = new Snapshots(List.of(), Optional.empty(), Optional.empty());

  public Snapshots {
    kept = List.copyOf(kept);
  }

  /** The snapshot of this name. */
  public Optional<Snapshot> find(String name) {
    return kept.stream().filter(snapshot -> snapshot.name().equals(name)).findFirst();
  }

  /** What all of them took of their node's disk. */
  public long bytes() {
    return kept.stream().mapToLong(Snapshot::bytes).sum();
  }

  /** Whether this very snapshot is what is being wished of. */
  public boolean wished(String name) {
    return wish.filter(w -> w.name().equals(name)).isPresent();
  }

  /** Something else is wished. */
  Snapshots otherwise() {
    return new Snapshots(kept, Optional.empty(), Optional.empty());
  }

  /** The disks may be written to from now on. */
  Snapshots left() {
    return new Snapshots(kept.stream().map(Snapshot::left).toList(), wish, setback);
  }
}
