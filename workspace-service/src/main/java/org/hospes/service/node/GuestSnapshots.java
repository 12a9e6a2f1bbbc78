package org.hospes.service.node;

import java.util.List;
import java.util.Optional;
import org.hospes.service.workspace.FlatDisk;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Snapshot;

/**
 * The snapshots of a guest as its node describes them.
 *
 * @param flat its disk as one file, until the guest runs again or anything is done with a snapshot
 * @param outcome of the last wish that is over
 */
public record GuestSnapshots(
    List<Snapshot> kept, Optional<FlatDisk> flat, Optional<Outcome> outcome) {
  public static final GuestSnapshots NONE =
      new GuestSnapshots(List.of(), Optional.empty(), Optional.empty());

  public GuestSnapshots {
    kept = List.copyOf(kept);
  }

  /**
   * What became of a wish.
   *
   * @param token of the wish
   * @param refusal why nothing came of it
   */
  public record Outcome(String token, Optional<Refusal> refusal) {}
}
