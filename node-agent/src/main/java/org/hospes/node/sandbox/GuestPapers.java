package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignedImage;
import org.hospes.node.imagecache.ImageJudge;
import org.hospes.node.imagecache.Verdicts;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges the papers of guests that are here already again whenever trust changed: those whose image
 * would be refused now are told of, and ended where the policy says so and the signer was revoked.
 * One thread at a time looks.
 */
public final class GuestPapers {
  private static final Logger LOG = LoggerFactory.getLogger(GuestPapers.class);

  private final Guests guests;
  private final ImageJudge judge;
  private final BooleanSupplier ends;
  private final AuditTrail audit;
  private final Clock clock;
  private final Map<UUID, Judged> known = new HashMap<>();

  /**
   * @param trust by which it was judged
   * @param papers which were judged: these very ones
   * @param refusal empty when the papers hold
   */
  private record Judged(
      String trust, SignedImage papers, Optional<ImageRefusedException> refusal) {}

  /**
   * @param ends whether guests by a revoked signer are ended, asked at each look
   */
  public GuestPapers(
      Guests guests, ImageJudge judge, BooleanSupplier ends, AuditTrail audit, Clock clock) {
    this.guests = guests;
    this.judge = judge;
    this.ends = ends;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * One look.
   *
   * @param trust changes whenever what is trusted does
   * @return whether there is news
   */
  public boolean look(String trust) {
    boolean news = false;
    Set<UUID> here = new HashSet<>();
    for (GuestRecord record : List.copyOf(guests.journal().all())) {
      // Before that nothing was accepted; what failed goes anyway.
      if (record.has(HookName.IMAGE) && record.failure().isEmpty()) {
        here.add(record.id());
        news |= look(record, trust);
      }
    }
    known.keySet().retainAll(here);
    return news;
  }

  /** How many guests stand on images that are refused now, for operators; empty for none. */
  public Optional<String> warning() {
    long refused = guests.views().stream().filter(view -> view.imageRefusal().isPresent()).count();
    return refused == 0
        ? Optional.empty()
        : Optional.of(
            refused
                + (refused == 1
                    ? " workspace stands on an image that is"
                    : " workspaces stand on images that are")
                + " refused now and do not boot again: see 'workspace list --image-refused'");
  }

  private boolean look(GuestRecord record, String trust) {
    Judged before = known.get(record.id());
    boolean news = false;
    SignedImage papers = record.order().image();
    if (before == null || !before.trust().equals(trust) || before.papers() != papers) {
      Optional<ImageRefusedException> refusal = refusal(record);
      known.put(record.id(), new Judged(trust, papers, refusal));
      news = !said(refusal).equals(before == null ? "" : said(before.refusal()));
      if (news) {
        tell(record, refusal);
      }
    }
    Optional<ImageRefusedException> refusal = known.get(record.id()).refusal();
    guests.judged(record.id(), refusal.map(GuestFailedException::failure));
    if (refusal.filter(Verdicts::isRevoked).isPresent() && ends.getAsBoolean()) {
      news |= end(record, refusal.get());
    }
    return news;
  }

  private Optional<ImageRefusedException> refusal(GuestRecord record) {
    try {
      judge.papers(record.order().image(), ImageHook.audience(record.order()));
      return Optional.empty();
    } catch (ImageRefusedException e) {
      return Optional.of(e).filter(Verdicts::isFinal);
    }
  }

  private static String said(Optional<ImageRefusedException> refusal) {
    return refusal.map(e -> e.code() + e.getMessage()).orElse("");
  }

  private void tell(GuestRecord record, Optional<ImageRefusedException> refusal) {
    if (refusal.isEmpty()) {
      LOG.info("workspace={} its image is accepted again", record.id());
      audit.record("guest.image-accepted", Map.of("workspace", record.id().toString()));
      return;
    }
    ImageRefusedException e = refusal.get();
    LOG.warn(
        "workspace={} owner=\"{}\" its image={} is refused now code={} reason=\"{}\"",
        record.id(),
        record.order().owner(),
        record.order().imageDigest(),
        e.code(),
        e.getMessage());
    audit.record(
        "guest.image-refused",
        Map.of(
            "workspace", record.id().toString(),
            "owner", record.order().owner(),
            "digest", record.order().imageDigest().toString(),
            "code", e.code(),
            "reason", String.valueOf(e.getMessage())));
  }

  /** Whether it was ended just now. */
  private boolean end(GuestRecord seen, ImageRefusedException why) {
    Failure failure =
        new Failure(
            Failure.Category.IMAGE_REFUSED,
            "image.revoked",
            "the image's signer was revoked, and this node ends what runs from it: "
                + why.getMessage(),
            Optional.of("deploy an image that somebody signed who is trusted now"),
            why.facts());
    boolean[] ended = {false};
    try {
      guests.decide(
          seen.id(),
          record -> {
            ended[0] = GuestPhase.alive(record) && record.failure().isEmpty();
            return ended[0]
                ? Optional.of(new JournalEntry.Failed(clock.instant(), failure))
                : Optional.empty();
          });
    } catch (GuestFailedException e) {
      LOG.debug("workspace={} is gone meanwhile", seen.id());
      return false;
    }
    if (ended[0]) {
      LOG.warn("workspace={} ended: {}", seen.id(), failure.message());
      audit.record(
          "guest.ended",
          Map.of(
              "workspace", seen.id().toString(),
              "code", failure.code(),
              "reason", failure.message()));
    }
    return ended[0];
  }
}
