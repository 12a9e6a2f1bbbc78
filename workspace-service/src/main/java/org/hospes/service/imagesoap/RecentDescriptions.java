package org.hospes.service.imagesoap;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.image.Digest;
import org.hospes.image.catalogue.CatalogueEntry;

/**
 * What the repository said of an image a moment ago. A published version never changes, and the
 * signed catalogue, which is asked for every time, pins its digest and its manifest's, and has
 * another serial once something was added to the papers: a second deployment need not have the same
 * papers sent again. Whoever takes an answer from here judges it like one that just came. Safe for
 * many threads.
 */
final class RecentDescriptions {
  /** Short, since the address of the bytes is pinned by nothing. */
  private static final Duration KEPT = Duration.ofMinutes(1);

  private static final int MOST = 64;

  private final Clock clock;
  private final Map<Pinned, Kept> answers = new LinkedHashMap<>();

  private record Pinned(String label, Digest digest, Digest manifestDigest, long serial) {}

  private record Kept(DescribeResponse answer, Instant until) {}

  RecentDescriptions(Clock clock) {
    this.clock = clock;
  }

  synchronized Optional<DescribeResponse> of(CatalogueEntry entry, long serial) {
    Instant now = clock.instant();
    answers.values().removeIf(kept -> !now.isBefore(kept.until()));
    return Optional.ofNullable(answers.get(pinned(entry, serial))).map(Kept::answer);
  }

  synchronized void keep(CatalogueEntry entry, long serial, DescribeResponse answer) {
    if (answers.size() >= MOST) {
      answers.remove(answers.keySet().iterator().next());
    }
    answers.put(pinned(entry, serial), new Kept(answer, clock.instant().plus(KEPT)));
  }

  private static Pinned pinned(CatalogueEntry entry, long serial) {
    return new Pinned(entry.label(), entry.digest(), entry.manifestDigest(), serial);
  }
}
