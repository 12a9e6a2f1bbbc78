package org.hospes.node.imagecache;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges the papers of cached images again when trust changed. An image for which none of the
 * papers hold any more that were ever accepted for it goes into {@link Quarantine}: at once when
 * nobody uses it, else it is marked at once and moved when the last guest lets go of it. When
 * papers speak for it again it comes back. Whatever is cut off here is finished by the next look.
 * Safe for many threads.
 */
final class ImageWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ImageWatch.class);

  /** How long a refused image is kept for whoever wants to look at it. */
  static final Duration KEPT = Duration.ofDays(30);

  private final CacheFolder folder;
  private final PapersShelf shelf;
  private final Quarantine quarantine;
  private final ImageJudge judge;
  private final Holders holders;
  private final CacheTrail trail;
  private final Clock clock;

  /** That of the transfers: an image must not be looked for while it moves. */
  private final Object lock;

  private final Set<Digest> doubtful = new HashSet<>();
  private String judgedBy = "";

  ImageWatch(
      CacheFolder folder,
      PapersShelf shelf,
      Quarantine quarantine,
      ImageJudge judge,
      Holders holders,
      CacheTrail trail,
      Clock clock,
      Object lock) {
    this.folder = folder;
    this.shelf = shelf;
    this.quarantine = quarantine;
    this.judge = judge;
    this.holders = holders;
    this.trail = trail;
    this.clock = clock;
    this.lock = lock;
  }

  /** Papers of a demand were judged good just now: what stands apart of the image comes back. */
  void speaksFor(Digest digest) throws IOException {
    synchronized (lock) {
      if (quarantine.of(digest).isPresent()) {
        lift(digest);
        // Trust may have changed since they were judged.
        doubtful.add(digest);
      }
    }
  }

  /** Remembers papers that an image was handed out for. */
  void accepted(ImageDemand demand) throws IOException {
    synchronized (lock) {
      shelf.keep(demand.digest(), new PapersFormat.Accepted(demand.papers(), demand.audience()));
      doubtful.add(demand.digest());
    }
  }

  boolean apart(Digest digest) {
    return quarantine.of(digest).isPresent();
  }

  List<Digest> quarantined() {
    return quarantine.all().keySet().stream().map(ImageWatch::digest).toList();
  }

  /**
   * One look.
   *
   * @param trust changes whenever what is trusted does
   */
  void look(String trust) throws IOException {
    Set<Digest> toJudge;
    synchronized (lock) {
      if (!trust.equals(judgedBy)) {
        doubtful.addAll(shelf.contents());
        judgedBy = trust;
      }
      toJudge = Set.copyOf(doubtful);
    }
    IOException failed = null;
    for (Digest digest : toJudge) {
      // Before it is judged: papers that are accepted meanwhile are judged by the next look.
      doubt(digest, false);
      try {
        judge(digest);
      } catch (IOException e) {
        // One that cannot be moved keeps none of the others where it is.
        doubt(digest, true);
        failed = e;
      }
    }
    settle();
    if (failed != null) {
      throw failed;
    }
  }

  private void doubt(Digest digest, boolean yes) {
    synchronized (lock) {
      if (yes) {
        doubtful.add(digest);
      } else {
        doubtful.remove(digest);
      }
    }
  }

  private void judge(Digest digest) throws IOException {
    List<PapersFormat.Accepted> papers;
    synchronized (lock) {
      if (!folder.has(digest) && quarantine.of(digest).isEmpty()) {
        if (holders.of(digest).isEmpty()) {
          shelf.drop(digest);
        }
        return;
      }
      papers = shelf.papers(digest);
    }
    Optional<ImageRefusedException> refusal = Optional.empty();
    for (PapersFormat.Accepted one : papers) {
      try {
        judge.papers(one.papers(), one.audience());
        synchronized (lock) {
          if (quarantine.of(digest).isPresent()) {
            lift(digest);
          }
        }
        return;
      } catch (ImageRefusedException e) {
        if (!Verdicts.isFinal(e) || e.code().equals("image.run.own")) {
          // Nobody withdrew it: the next boot is refused, and may be taken the day after. Whom it
          // was
          // first handed out to says nothing of the others who may run it.
          return;
        }
        if (refusal.isEmpty() || Verdicts.isRevoked(e)) {
          refusal = Optional.of(e);
        }
      }
    }
    if (refusal.isPresent()) {
      setApart(digest, refusal.get());
    }
  }

  private void setApart(Digest digest, ImageRefusedException refusal) throws IOException {
    synchronized (lock) {
      if (quarantine.of(digest).isPresent()) {
        return;
      }
      List<String> users = holders.of(digest).stream().map(String::valueOf).sorted().toList();
      LOG.warn(
          "image={} is in quarantine code={} reason=\"{}\" usedBy={}",
          digest,
          refusal.code(),
          refusal.getMessage(),
          users);
      trail.record(
          "image.quarantined",
          Map.of(
              "digest", digest.toString(),
              "code", refusal.code(),
              "reason", String.valueOf(refusal.getMessage()),
              "usedBy", users.toString()));
      // Told first: an agent that is killed in between tells of it twice rather than never.
      quarantine.mark(
          digest, new Quarantine.Reason(clock.instant(), refusal.code(), refusal.getMessage()));
    }
  }

  /** The lock is held. */
  private void lift(Digest digest) throws IOException {
    quarantine.lift(digest);
    LOG.info("image={} is out of quarantine: papers speak for it again", digest);
    trail.record("image.unquarantined", Map.of("digest", digest.toString()));
  }

  /**
   * Moves what nobody uses any more, deletes what stood apart long enough, forgets what is gone.
   */
  private void settle() throws IOException {
    synchronized (lock) {
      SortedMap<String, Quarantine.Reason> marked = quarantine.all();
      Instant old = clock.instant().minus(KEPT);
      for (Map.Entry<String, Quarantine.Reason> one : marked.entrySet()) {
        Digest digest = digest(one.getKey());
        boolean used = !holders.of(digest).isEmpty();
        if (!used) {
          quarantine.move(digest);
        }
        if (!used && one.getValue().since().isBefore(old)) {
          quarantine.delete(digest);
          shelf.drop(digest);
          LOG.info("image={} was in quarantine for {} days, and is deleted", digest, KEPT.toDays());
          trail.record("image.deleted", Map.of("digest", digest.toString()));
        }
      }
    }
  }

  /** Forgets the papers of images that made way; called when the cache opens. */
  void tidy() throws IOException {
    for (Digest digest : shelf.contents()) {
      if (!folder.has(digest) && quarantine.of(digest).isEmpty()) {
        shelf.drop(digest);
      }
    }
  }

  private static Digest digest(String hex) {
    return new Digest(Digest.Algorithm.SHA256, hex);
  }
}
