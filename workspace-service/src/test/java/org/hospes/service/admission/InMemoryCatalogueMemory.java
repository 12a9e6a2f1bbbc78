package org.hospes.service.admission;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Catalogues seen, in a map. */
public final class InMemoryCatalogueMemory implements CatalogueMemory {
  private final Map<String, Meaning> names = new LinkedHashMap<>();
  private Optional<Accepted> highest = Optional.empty();

  @Override
  public synchronized Optional<Accepted> highest() {
    return highest;
  }

  @Override
  public synchronized Map<String, Meaning> names() {
    return Map.copyOf(names);
  }

  @Override
  public synchronized void remember(Accepted catalogue, Map<String, Meaning> fresh) {
    if (highest.map(Accepted::serial).orElse(0L) < catalogue.serial()) {
      highest = Optional.of(catalogue);
    }
    fresh.forEach(
        (label, meaning) ->
            names.merge(
                label,
                meaning,
                (old, now) -> new Meaning(old.digest(), old.retiredAt().or(now::retiredAt))));
  }
}
