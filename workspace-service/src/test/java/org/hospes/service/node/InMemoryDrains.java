package org.hospes.service.node;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.trust.path.DistinguishedName;

/** Drained nodes, for as long as the test lasts. */
public final class InMemoryDrains implements Drains {
  private final Map<String, Drain> drains = new ConcurrentHashMap<>();

  @Override
  public Map<String, Drain> all() {
    return Map.copyOf(drains);
  }

  @Override
  public Drain drain(String node, DistinguishedName by, Instant now, boolean migrate) {
    return drains.merge(
        node,
        new Drain(node, by, now, migrate),
        (first, again) ->
            new Drain(node, first.by(), first.since(), first.migrate() || again.migrate()));
  }

  @Override
  public void undrain(String node) {
    drains.remove(node);
  }
}
