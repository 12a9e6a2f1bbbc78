package org.hospes.service.workspace;

import java.util.List;
import java.util.Optional;

/**
 * What is known of the snapshots of a workspace.
 *
 * @param kept as the node told last, in the order in which they were taken
 * @param flat its disk as one file, ready to be fetched
 * @param wish what the goal is about, while it is about a snapshot
 * @param setback why nothing came of the last wish for one, or of the last start; until the next
 *     wish
 */
public record Snapshots(
    List<Snapshot> kept,
    Optional<FlatDisk> flat,
    Optional<SnapshotWish> wish,
    Optional<Refusal> setback) {
  /** Of a workspace that never had one. */
  public static final Snapshots NONE =
      new Snapshots(List.of(), Optional.empty(), Optional.empty(), Optional.empty());

  public Snapshots {
    kept = List.copyOf(kept);
  }

  /** The snapshot of this name. */
  public Optional<Snapshot> find(String name) {
    return kept.stream().filter(snapshot -> snapshot.name().equals(name)).findFirst();
  }

  /** What all of them and the flat disk took of their node's disk. */
  public long bytes() {
    return kept.stream().mapToLong(Snapshot::bytes).sum() + flat.map(FlatDisk::bytes).orElse(0L);
  }

  /** Whether this very snapshot is what is being wished of. */
  public boolean wished(String name) {
    return wish.filter(w -> w.name().equals(name)).isPresent();
  }

  /** Something else is wished. */
  Snapshots otherwise() {
    return new Snapshots(kept, flat, Optional.empty(), Optional.empty());
  }

  /** Something is wished of one; the node then keeps no flat disk of earlier. */
  Snapshots wishing(SnapshotWish next) {
    return new Snapshots(kept, Optional.empty(), Optional.of(next), Optional.empty());
  }

  /** As its node tells. */
  Snapshots told(List<Snapshot> now, Optional<FlatDisk> flatNow) {
    return new Snapshots(now, flatNow, wish, setback);
  }

  /** The wish is over. */
  Snapshots over(List<Snapshot> now, Optional<FlatDisk> flatNow, Optional<Refusal> why) {
    return new Snapshots(now, flatNow, Optional.empty(), why);
  }

  /** The disks may be written to from now on. */
  Snapshots left() {
    return new Snapshots(
        kept.stream().map(Snapshot::left).toList(), Optional.empty(), wish, setback);
  }
}
