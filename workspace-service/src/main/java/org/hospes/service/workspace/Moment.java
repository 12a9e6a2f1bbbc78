package org.hospes.service.workspace;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Something that happened to a workspace.
 *
 * @param what a {@link State}'s name, or a finer point told by the node: {@code VERIFIED}
 * @param note for people
 */
public record Moment(String what, Instant at, Optional<String> note) {
  private static final int MOST = 250;

  /**
   * How long it took a guest that runs now to come from another node: of which time it stood still,
   * and since it was asked for. Empty when it ran since, or came from none.
   */
  static Optional<String> arrival(List<Moment> timeline, Instant now) {
    Optional<Instant> asked = Optional.empty();
    Optional<Instant> still = Optional.empty();
    boolean moved = false;
    for (Moment moment : timeline) {
      switch (moment.what()) {
        case "MIGRATING" -> {
          asked = Optional.of(moment.at());
          still = Optional.empty();
          moved = false;
        }
        case "MIGRATED" -> moved = true;
        // Its memory was saved while it ran on, until then.
        case "STOOD_STILL" -> still = Optional.of(moment.at());
        // The node's own words for when it was told to, which is before its memory was written.
        case "WANTED_SUSPENDED", "WANTED_STOPPED", "SUSPENDED", "STOPPED" ->
            still = still.or(() -> Optional.of(moment.at()));
        case "RUNNING" -> asked = Optional.empty();
        default -> {}
      }
    }
    if (asked.isEmpty() || still.isEmpty() || !moved) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "migrated in %.1f s, of which it stood still for %.1f s",
            Duration.between(asked.get(), now).toMillis() / 1000.0,
            Duration.between(still.get(), now).toMillis() / 1000.0));
  }

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
