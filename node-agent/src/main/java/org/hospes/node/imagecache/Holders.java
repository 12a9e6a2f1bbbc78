package org.hospes.node.imagecache;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.image.Digest;

/** Which guest holds which image. Safe for many threads. */
final class Holders {
  private final Map<UUID, Digest> held = new ConcurrentHashMap<>();

  void pin(UUID holder, Digest digest) {
    held.put(holder, digest);
  }

  void release(UUID holder) {
    held.remove(holder);
  }

  List<UUID> of(Digest digest) {
    return held.entrySet().stream()
        .filter(one -> one.getValue().equals(digest))
        .map(Map.Entry::getKey)
        .toList();
  }

  Set<Digest> images() {
    return new HashSet<>(held.values());
  }
}
