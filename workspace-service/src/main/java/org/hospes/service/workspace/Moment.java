package org.hospes.service.workspace;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Something that happened to a workspace.
 *
 * @param what a {@link State}'s name, or a finer point told by the node: {@code VERIFIED}
 * @param note for people
 */
public record Moment(String what, Instant at, Optional<String> note) {
  private static final int MOST = 250;

  /** A timeline with more moments: each once, in order of time. */
  static List<Moment> added(List<Moment> timeline, List<Moment> more) {
    List<Moment> all = new ArrayList<>(timeline);
    for (Moment moment : more) {
      boolean there =
          all.stream().anyMatch(m -> m.what().equals(moment.what()) && m.at().equals(moment.at()));
      if (!there) {
        all.add(moment);
      }
    }
    all.sort(Comparator.comparing(Moment::at));
    // One that is stopped and started for days must not fill a database: the oldest go, but the
    // first.
    while (all.size() > MOST) {
      all.remove(1);
    }
    return all;
  }
}
