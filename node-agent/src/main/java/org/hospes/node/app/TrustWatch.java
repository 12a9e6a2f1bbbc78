package org.hospes.node.app;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.hospes.image.Digest;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.trust.path.PathValidator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has what is here already judged again whenever certificates, CRLs or the policy changed. */
final class TrustWatch {
  private static final Logger LOG = LoggerFactory.getLogger(TrustWatch.class);

  private final PathValidator paths;
  private final Supplier<ImagePolicy> policy;
  private final ImageCache cache;
  private final Predicate<String> guests;
  private volatile Optional<String> warning = Optional.empty();
  private List<Digest> apart = List.of();

  /**
   * @param guests looks at those by what is trusted now, and says whether there is news
   */
  TrustWatch(
      PathValidator paths,
      Supplier<ImagePolicy> policy,
      ImageCache cache,
      Predicate<String> guests) {
    this.paths = paths;
    this.policy = policy;
    this.cache = cache;
    this.guests = guests;
  }

  /**
   * Looks once. Never throws. One thread at a time looks.
   *
   * @param tell runs when there is something that the service should hear of now
   */
  void look(Runnable tell) {
    try {
      // Read before anything is judged: what changes meanwhile is judged by the next look.
      String trust = paths.generation() + " " + policy.get().digest();
      // Guests first: they run, what lies in the cache waits.
      boolean news = guests.test(trust);
      try {
        cache.look(trust);
      } finally {
        news |= !cache.quarantined().equals(apart);
        apart = cache.quarantined();
        if (news) {
          tell.run();
        }
      }
      warning = Optional.empty();
    } catch (Throwable e) {
      // The next look must come, whatever this one met.
      if (!warning.equals(Optional.of(text(e)))) {
        LOG.error("images could not be judged again", e);
      }
      warning = Optional.of(text(e));
    }
  }

  private static String text(Throwable e) {
    return "images could not be judged again after a change of trust: " + e;
  }

  /** How many images stand apart, for operators; empty for none. */
  Optional<String> quarantine() {
    int images = cache.quarantined().size();
    return images == 0
        ? Optional.empty()
        : Optional.of(
            images
                + (images == 1 ? " image is" : " images are")
                + " in quarantine, since no papers speak for them any more: see the node's audit"
                + " log, image.quarantined");
  }

  /** What is wrong now; empty when all is well. */
  Optional<String> warning() {
    return warning;
  }
}
