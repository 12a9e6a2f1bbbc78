package org.hospes.node.sandbox;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.GuestRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has a guest power itself off, and says when its plug may be pulled. */
final class OrderlyStop {
  private static final Logger LOG = LoggerFactory.getLogger(OrderlyStop.class);

  /** A guest that was still booting may have missed the first word. */
  private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

  private final Hypervisor hypervisor;
  private final Clock clock;

  OrderlyStop(Hypervisor hypervisor, Clock clock) {
    this.hypervisor = hypervisor;
    this.clock = clock;
  }

  /** Whether the guest is off or its time is over; else it was asked, and is to be looked at. */
  boolean over(Cell cell, GuestRecord record) throws GuestFailedException {
    Instant now = clock.instant();
    try {
      Optional<GuestStatus> status = hypervisor.inspect(record.id());
      if (status.isEmpty() || status.get().state() == GuestState.ENDED) {
        return true;
      }
      if (record.forceAt().filter(now::isBefore).isEmpty()) {
        LOG.warn("workspace={} did not power itself off in its time; ending it", record.id());
        return true;
      }
      if (cell.askedToStop == null || !now.isBefore(cell.askedToStop.plus(ASK_AGAIN))) {
        cell.askedToStop = now;
        hypervisor.shutDown(record.id());
      }
      return false;
    } catch (HypervisorException e) {
      if (e.kind() == HypervisorException.Kind.UNREACHABLE) {
        throw GuestFailedException.of(e);
      }
      // It may be gone since it was seen, or deaf to the word; the next look tells, or its time.
      LOG.info("workspace={} asked to power itself off: {}", record.id(), e.getMessage());
      return false;
    }
  }
}
