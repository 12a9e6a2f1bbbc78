package org.hospes.service.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.Map;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;

/** What every implementation of {@link Drains} does. */
public interface DrainsContract {
  /** An empty one. */
  Drains drains();

  DistinguishedName OLIVIA = DistinguishedName.parse("/DC=org/DC=hospes/CN=Olivia Operator");
  DistinguishedName OTTO = DistinguishedName.parse("/DC=org/DC=hospes/CN=Otto Öperator");
  Instant NOON = Instant.parse("2026-11-20T12:00:00.123Z");

  @Test
  default void noNodeIsDrainedUntilSomebodySaysSo() {
    assertEquals(Map.of(), drains().all());
  }

  @Test
  default void theFirstWhoDrainsANodeIsRemembered() {
    Drains drains = drains();
    Drains.Drain first = drains.drain("node1", OLIVIA, NOON, false);
    assertEquals(new Drains.Drain("node1", OLIVIA, NOON, false), first);
    assertEquals(first, drains.drain("node1", OTTO, NOON.plusSeconds(5), false));
    drains.drain("node2", OTTO, NOON.plusSeconds(9), true);
    assertEquals(
        Map.of("node1", first, "node2", new Drains.Drain("node2", OTTO, NOON.plusSeconds(9), true)),
        drains.all());
  }

  @Test
  default void thatANodeIsToBeEmptiedIsSaidOnceAndStands() {
    Drains drains = drains();
    drains.drain("node1", OLIVIA, NOON, false);
    Drains.Drain emptied = new Drains.Drain("node1", OLIVIA, NOON, true);
    assertEquals(emptied, drains.drain("node1", OTTO, NOON.plusSeconds(5), true));
    assertEquals(emptied, drains.drain("node1", OTTO, NOON.plusSeconds(6), false));
    assertEquals(Map.of("node1", emptied), drains.all());
  }

  @Test
  default void undrainingForgetsAndMayBeRepeated() {
    Drains drains = drains();
    drains.drain("node1", OLIVIA, NOON, false);
    drains.undrain("node1");
    drains.undrain("node1");
    drains.undrain("never");
    assertEquals(Map.of(), drains.all());
    assertEquals(OTTO, drains.drain("node1", OTTO, NOON, false).by());
  }
}
