package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;
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
