package org.hospes.service.sight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.publication.SightStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.service.workspace.Sample;
import org.junit.jupiter.api.Test;

/** What every book of sights promises. */
public interface SightBookContract {
  /** An empty book. */
  SightBook book();

  @Test
  default void anEmptyBookKnowsNothing() {
    SightBook book = book();
    assertEquals(Optional.empty(), book.find(Sample.digest(1)));
    assertEquals(Set.of(), book.manifests());
  }

  @Test
  default void whatWasSeenComesBack() {
    SightBook book = book();
    SightStatement one = sight(1, Sample.START);
    SightStatement two = sight(2, Sample.START.plusMillis(1));
    book.remember(one);
    book.remember(two);
    assertEquals(Optional.of(one), book.find(Sample.digest(1)));
    assertEquals(Optional.of(two), book.find(Sample.digest(2)));
    assertEquals(Set.of(Sample.digest(11), Sample.digest(12)), book.manifests());
  }

  @Test
  default void theFirstSightStays() {
    SightBook book = book();
    book.remember(sight(1, Sample.START));
    book.remember(sight(1, Sample.START.minusSeconds(60)));
    book.remember(sight(1, Sample.START.plusSeconds(60)));
    assertEquals(Optional.of(sight(1, Sample.START)), book.find(Sample.digest(1)));
  }

  private static SightStatement sight(int number, Instant first) {
    return new SightStatement(
        Sample.digest(number),
        new SignedPapers(
            Sample.digest(10 + number),
            Sample.digest(20 + number),
            List.of(Sample.digest(30 + number), Sample.digest(40))),
        first);
  }
}
