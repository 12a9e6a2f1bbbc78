package org.hospes.service.sight;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hospes.image.Digest;
import org.hospes.image.publication.SightStatement;

/** Sights that end with the test. */
public final class InMemorySightBook implements SightBook {
  private final Map<Digest, SightStatement> sights = new LinkedHashMap<>();

  @Override
  public synchronized Optional<SightStatement> find(Digest publication) {
    return Optional.ofNullable(sights.get(publication));
  }

  @Override
  public synchronized Set<Digest> manifests() {
    return sights.values().stream()
        .map(sight -> sight.papers().manifest())
        .collect(Collectors.toSet());
  }

  @Override
  public synchronized void remember(SightStatement sight) {
    sights.putIfAbsent(sight.publication(), sight);
  }
}
