package org.hospes.service.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.hospes.service.admission.CatalogueMemory.Meaning;
import org.hospes.service.workspace.Sample;
import org.junit.jupiter.api.Test;

/** What every memory of catalogues promises. */
public interface CatalogueMemoryContract {
  /** An empty memory. */
  CatalogueMemory memory();

  @Test
  default void anEmptyMemoryKnowsNothing() {
    CatalogueMemory memory = memory();
    assertEquals(Optional.empty(), memory.highest());
    assertEquals(Map.of(), memory.names());
  }

  @Test
  default void theHighestSerialNeverFalls() {
    CatalogueMemory memory = memory();
    memory.remember(accepted(7, 1), Map.of());
    memory.remember(accepted(3, 2), Map.of());
    memory.remember(accepted(7, 3), Map.of());
    assertEquals(Optional.of(accepted(7, 1)), memory.highest());
    memory.remember(accepted(8, 4), Map.of());
    assertEquals(Optional.of(accepted(8, 4)), memory.highest());
  }

  @Test
  default void aNameOnceSeenMeansTheSameAndStaysRetired() {
    CatalogueMemory memory = memory();
    Meaning first = meaning(1, Optional.empty());
    Meaning retired = meaning(1, Optional.of(Sample.START));
    memory.remember(accepted(1, 1), Map.of("sl6:1", first));
    assertEquals(Map.of("sl6:1", first), memory.names());
    memory.remember(accepted(2, 2), Map.of("sl6:1", meaning(2, Optional.of(Sample.START))));
    assertEquals(Map.of("sl6:1", retired), memory.names());
    Meaning second = meaning(3, Optional.empty());
    memory.remember(accepted(3, 3), Map.of("sl6:1", first, "sl6:2", second));
    assertEquals(Map.of("sl6:1", retired, "sl6:2", second), memory.names());
  }

  private static Meaning meaning(int digest, Optional<Instant> retiredAt) {
    return new Meaning(Sample.digest(digest), retiredAt);
  }

  private static CatalogueMemory.Accepted accepted(long serial, int content) {
    return new CatalogueMemory.Accepted(serial, Sample.digest(content));
  }
}
