package org.hospes.image.verify;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;

/** Pairs that last as long as the test. */
final class InMemoryPairs implements DigestPairs {
  final Map<Digest, Digest> known = new ConcurrentHashMap<>();

  @Override
  public Optional<Digest> sha256Of(Digest sha1) {
    return Optional.ofNullable(known.get(sha1));
  }

  @Override
  public void remember(Digest sha1, Digest sha256) throws ImageRefusedException {
    Digest before = known.putIfAbsent(sha1, sha256);
    if (before != null && !before.equals(sha256)) {
      throw new ImageRefusedException("image.digest.collision", "known with another SHA-256");
    }
  }
}
