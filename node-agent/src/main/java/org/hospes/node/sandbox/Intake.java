package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;
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

  /**
   * Writes a new order down; of one that is known, the later end of its lease.
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
    limits.check(order, journal.all(), clock.instant());
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
    limits.check(order, journal.all(), clock.instant());
    limits.checkArrival(order, arrival.papers(), journal.all());
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
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  "guest.other-order",
                  "a guest of this id was ordered differently")
              .fact("workspace", order.id().toString())
              .advice("remove it first, or use another id"));
    }
    if (!record.order().leaseEnds().equals(order.leaseEnds()) && record.goal() != Goal.REMOVED) {
      journal.append(order.id(), new JournalEntry.LeaseMoved(clock.instant(), order.leaseEnds()));
    }
  }
}
