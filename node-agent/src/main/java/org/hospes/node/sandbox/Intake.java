package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.SignedImage;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.Journal;
import org.hospes.node.journal.JournalEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes orders of guests into the journal, or refuses them. One caller at a time. */
final class Intake {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  private final Journal journal;
  private final NodeLimits limits;
  private final AuditTrail audit;
  private final Clock clock;

  Intake(Journal journal, NodeLimits limits, AuditTrail audit, Clock clock) {
    this.journal = journal;
    this.limits = limits;
    this.audit = audit;
    this.clock = clock;
  }

  private interface Check {
    void run() throws GuestFailedException;
  }

  /** Whoever is not let in is in the audit log, too. */
  private void admitted(GuestOrder order, Check check) throws GuestFailedException {
    try {
      check.run();
    } catch (GuestFailedException e) {
      audit.record("guest.refused", AuditFacts.refused(order.id(), e.failure()));
      throw e;
    }
  }

  /**
   * Writes a new order down; of one that is known, the later end of its lease and what others say
   * of its image now.
   *
   * @throws GuestFailedException CONFLICT for another order of the same id, and what the node's
   *     limits refuse
   */
  void take(GuestOrder order) throws GuestFailedException {
    Optional<GuestRecord> existing = journal.find(order.id());
    if (existing.isPresent()) {
      again(existing.get(), order);
      return;
    }
    admitted(order, () -> limits.check(order, journal.all(), clock.instant()));
    journal.begin(new JournalEntry.Ordered(clock.instant(), order));
    LOG.info(
        "workspace={} from=ABSENT to=PREPARING reason=\"ordered\" image={} owner=\"{}\"",
        order.id(),
        order.imageDigest(),
        order.owner());
    audit.record(
        "guest.ordered",
        Map.of(
            "workspace",
            order.id().toString(),
            "owner",
            order.owner(),
            "image",
            order.imageDigest().toString()));
  }

  /**
   * The same of a guest that comes from another node; of one that came by this very wish, the later
   * end of its lease.
   *
   * @throws GuestFailedException CONFLICT when the guest is here otherwise, and what the node's
   *     limits refuse
   */
  void receive(GuestOrder order, Arrival arrival) throws GuestFailedException {
    Optional<GuestRecord> existing = journal.find(order.id());
    if (existing.isPresent()) {
      requireSame(existing.get(), arrival);
      again(existing.get(), order);
      return;
    }
    admitted(
        order,
        () -> {
          limits.check(order, journal.all(), clock.instant());
          limits.checkArrival(order, arrival.papers(), journal.all());
        });
    journal.begin(new JournalEntry.Ordered(clock.instant(), order, Optional.of(arrival)));
    LOG.info(
        "workspace={} from=ABSENT to=RECEIVING reason=\"comes from {}\" image={} owner=\"{}\"",
        order.id(),
        arrival.sourceName(),
        order.imageDigest(),
        order.owner());
    audit.record(
        "guest.receiving",
        Map.of(
            "workspace",
            order.id().toString(),
            "owner",
            order.owner(),
            "image",
            order.imageDigest().toString(),
            "source",
            arrival.sourceName(),
            "wish",
            arrival.wish()));
  }

  private static void requireSame(GuestRecord record, Arrival arrival) throws GuestFailedException {
    Optional<String> wish = record.arrival().map(Arrival::wish);
    if (record.goal() == Goal.REMOVED || !wish.equals(Optional.of(arrival.wish()))) {
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  "guest.here",
                  "the guest is here already, and is " + GuestPhase.of(Optional.of(record)))
              .advice("remove it here first, and wait until it is gone")
              .fact("workspace", record.id().toString())
              .fact("expected", arrival.wish())
              .fact("found", wish.orElse("made here")));
    }
  }

  private void again(GuestRecord record, GuestOrder order) throws GuestFailedException {
    if (!journal.sameButLease(record.order(), order)) {
      throw otherOrder(order.id(), "a guest of this id was ordered differently");
    }
    if (!record.order().leaseEnds().equals(order.leaseEnds()) && record.goal() != Goal.REMOVED) {
      journal.append(order.id(), new JournalEntry.LeaseMoved(clock.instant(), order.leaseEnds()));
    }
    papers(record, order.image()).ifPresent(moved -> journal.append(order.id(), moved));
  }

  /**
   * What is to be written of a guest's image as others speak for it now; empty when that is known.
   *
   * @throws GuestFailedException CONFLICT for what was not signed as the guest's image was
   */
  Optional<JournalEntry> papers(GuestRecord record, SignedImage papers)
      throws GuestFailedException {
    SignedImage known = record.order().image();
    if (!known.sameSignature(papers)) {
      throw otherOrder(record.id(), "a guest of this id was ordered with another signed image");
    }
    return known.sameWords(papers) || record.goal() == Goal.REMOVED
        ? Optional.empty()
        : Optional.of(JournalEntry.PapersMoved.to(papers, clock.instant()));
  }

  private static GuestFailedException otherOrder(UUID id, String message) {
    return GuestFailedException.refused(
        Failure.of(Category.CONFLICT, "guest.other-order", message)
            .fact("workspace", id.toString())
            .advice("remove it first, or use another id"));
  }
}
