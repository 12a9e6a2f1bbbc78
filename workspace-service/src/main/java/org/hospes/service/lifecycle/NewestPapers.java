package org.hospes.service.lifecycle;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.hospes.image.ImageReference;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.service.workspace.ImagePin;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The papers of a workspace's image as others speak for it now: a workspace lives longer than some
 * endorsements, and its site may ask for more of them than when it was deployed. What its signer
 * signed stays what was deployed, and what was said for it then is not lost when the repository
 * does not say it again. Safe for many threads.
 */
public final class NewestPapers {
  private static final Logger LOG = LoggerFactory.getLogger(NewestPapers.class);

  /** Who endorses an image and asks again finds that it helped. */
  private static final Duration KEPT = Duration.ofSeconds(5);

  /** One that does not answer is not asked by every thread in turn. */
  private static final Duration LET_BE = Duration.ofSeconds(30);

  private static final int MOST = 64;

  private final Function<ImageReference, SignedImage> repository;
  private final Predicate<SignedImage> seen;
  private final Clock clock;
  private final Map<ImageReference, Kept> kept = new LinkedHashMap<>();
  private Instant silentUntil = Instant.MIN;

  private record Kept(SignedImage papers, Instant until) {}

  /**
   * @param repository the papers of an image by its name, version and digest; throws a {@link
   *     RuntimeException} when it has none or does not answer
   * @param seen whether the site knows when it first saw the publication of these papers
   */
  public NewestPapers(
      Function<ImageReference, SignedImage> repository, Predicate<SignedImage> seen, Clock clock) {
    this.repository = repository;
    this.seen = seen;
    this.clock = clock;
  }

  /** What was deployed, with what is said of it now; as it was deployed when nobody answers. */
  SignedImage of(ImagePin pin, SignedImage deployed) {
    Optional<SignedImage> now = asked(pin).filter(deployed::sameSignature);
    if (now.isEmpty()) {
      return deployed;
    }
    return deployed
        .withEndorsements(endorsements(now.get(), deployed))
        .withPublication(publication(now.get(), deployed));
  }

  private static List<byte[]> endorsements(SignedImage now, SignedImage deployed) {
    List<byte[]> all = new ArrayList<>(now.endorsements());
    for (byte[] before : deployed.endorsements()) {
      if (all.stream().noneMatch(one -> Arrays.equals(one, before))) {
        all.add(before);
      }
    }
    return all.subList(0, Math.min(all.size(), SignedImage.MOST_ENDORSEMENTS));
  }

  /** One that was seen in time is worth more than one that is newer. */
  private Optional<Statement> publication(SignedImage now, SignedImage deployed) {
    List<Statement> said =
        Stream.of(now, deployed).flatMap(papers -> papers.publication().stream()).toList();
    return said.stream()
        .filter(statement -> seen.test(deployed.withPublication(Optional.of(statement))))
        .findFirst()
        .or(() -> said.stream().findFirst());
  }

  private Optional<SignedImage> asked(ImagePin pin) {
    ImageReference reference = ImageReference.parse(pin.name() + "@" + pin.digest());
    synchronized (this) {
      Instant now = clock.instant();
      kept.values().removeIf(one -> !now.isBefore(one.until()));
      if (kept.containsKey(reference)) {
        return Optional.of(kept.get(reference).papers());
      }
      if (now.isBefore(silentUntil)) {
        return Optional.empty();
      }
    }
    try {
      SignedImage papers = repository.apply(reference);
      synchronized (this) {
        if (kept.size() >= MOST) {
          kept.remove(kept.keySet().iterator().next());
        }
        kept.put(reference, new Kept(papers, clock.instant().plus(KEPT)));
      }
      return Optional.of(papers);
    } catch (RefusedException e) {
      LOG.warn("{}: judged by the papers it was deployed with: {}", reference, e.getMessage());
      if (e.refusal().category() == Refusal.Category.SITE) {
        letBe();
      }
      return Optional.empty();
    } catch (RuntimeException e) {
      LOG.warn("{}: judged by the papers it was deployed with", reference, e);
      return Optional.empty();
    }
  }

  private synchronized void letBe() {
    silentUntil = clock.instant().plus(LET_BE);
  }
}
