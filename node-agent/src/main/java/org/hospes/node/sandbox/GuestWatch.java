package org.hospes.node.sandbox;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.SetAside;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One look at everything, made over and over:
 *
 * <ol>
 *   <li>a lease that is over ends its guest, whether the service is heard of or not;
 *   <li>a guest whose domain is gone has ended, or starts again from its own disk;
 *   <li>a domain whose guest failed, ended, stopped, is suspended or is being removed is destroyed;
 *   <li>a domain whose journal page was damaged is destroyed, and said loudly;
 *   <li>a domain with Hospes's metadata but without a journal is left alone, and said loudly.
 * </ol>
 *
 * <p>A guest whose page was damaged did stand in the journal, so it is this agent's to end. It
 * cannot be let run: when its lease ends is not known, nor which rules make its sandbox, and its
 * address, its ports and its memory are counted as free and given to the next guest. Nor is it kept
 * paused, since the service has already been told by the next heartbeat that it is gone, and would
 * not take it back. Its disk and its page stay for a person to look at.
 *
 * <p>What the journal said is read before what exists is listed, so that a guest that starts
 * between the two is never taken for a dead one. One thread at a time looks.
 */
public final class GuestWatch {
  private static final Logger LOG = LoggerFactory.getLogger(GuestWatch.class);

  /** A look takes milliseconds; one that takes longer than this is held by the hypervisor. */
  private static final Duration LONG = Duration.ofSeconds(10);

  private final Guests guests;
  private final Hypervisor hypervisor;
  private final Duration leaseGrace;
  private final AuditTrail audit;
  private final Clock clock;
  private final Set<UUID> shouted = new HashSet<>();
  private volatile List<String> warnings = List.of();
  private volatile Optional<Instant> looking = Optional.empty();

  /**
   * @param leaseGrace how long after its end a lease is kept for the service to end it
   */
  public GuestWatch(
      Guests guests, Hypervisor hypervisor, Duration leaseGrace, AuditTrail audit, Clock clock) {
    this.guests = guests;
    this.hypervisor = hypervisor;
    this.leaseGrace = leaseGrace;
    this.audit = audit;
    this.clock = clock;
  }

  /** Looks once. Never throws. */
  public void look() {
    List<String> found = new ArrayList<>();
    looking = Optional.of(clock.instant());
    try {
      endLeases();
      compare(found);
    } catch (HypervisorException e) {
      found.add("the hypervisor does not answer: " + e.getMessage());
    } catch (Throwable e) {
      // The next look must come, whatever this one met.
      LOG.error("a look at the guests failed", e);
      found.add("a look at the guests failed: " + e);
    }
    warnings = List.copyOf(found);
    looking = Optional.empty();
  }

  /**
   * What an operator should know after the last look, and that the present one takes long: a
   * hypervisor that hangs is told of while it still holds the look. From any thread.
   */
  public List<String> warnings() {
    List<String> all = new ArrayList<>();
    looking
        .map(since -> Duration.between(since, clock.instant()))
        .filter(taken -> taken.compareTo(LONG) > 0)
        .ifPresent(
            taken ->
                all.add(
                    "the hypervisor does not answer: a look at the guests takes "
                        + taken.toSeconds()
                        + " s already"));
    all.addAll(warnings);
    return List.copyOf(all);
  }

  /**
   * Ends the leases that are over, as each look does at its beginning; by itself so that a
   * hypervisor that holds a look holds no lease. Never throws. From any thread.
   */
  public void keepLeases() {
    try {
      endLeases();
    } catch (Throwable e) {
      LOG.error("leases could not be ended", e);
    }
  }

  private synchronized void endLeases() {
    Instant now = clock.instant();
    for (GuestRecord record : guests.journal().all()) {
      Instant end = record.order().leaseEnds().plus(leaseGrace);
      if (record.goal() != Goal.REMOVED && !now.isBefore(end)) {
        LOG.info("workspace={} its lease ended at {}", record.id(), record.order().leaseEnds());
        audit.record(
            "lease.ended",
            Map.of(
                "workspace",
                record.id().toString(),
                "leaseEnds",
                record.order().leaseEnds().toString()));
        guests.dismiss(record.id(), "the lease ended");
      }
    }
  }

  private void compare(List<String> found) throws HypervisorException {
    List<GuestRecord> running = guests.journal().all().stream().filter(GuestPhase::alive).toList();
    Map<UUID, GuestStatus> domains = new HashMap<>();
    for (GuestStatus status : hypervisor.list()) {
      domains.put(status.id(), status);
    }
    for (GuestRecord record : running) {
      if (gone(domains.get(record.id())) && gone(hypervisor.inspect(record.id()).orElse(null))) {
        guests.gone(record.id(), hypervisor.howItEnded(record.id()));
      }
    }
    for (GuestStatus domain : domains.values()) {
      judge(domain, found);
    }
  }

  private void judge(GuestStatus domain, List<String> found) {
    GuestView view = guests.view(domain.id());
    switch (view.phase()) {
      case ABSENT -> {
        Optional<SetAside> damaged = guests.journal().setAside(domain.id());
        if (damaged.isPresent()) {
          end(domain, damaged.get(), found);
          return;
        }
        // It may have been forgotten since it was listed; then it is gone by the next look.
        if (!shouted.add(domain.id())) {
          found.add(
              "domain " + domain.name() + " carries Hospes's metadata but no journal; left alone");
        } else {
          LOG.error(
              "workspace={} domain={} owner=\"{}\" carries Hospes's metadata but stands in no"
                  + " journal: left alone; destroy it by hand if nobody wants it",
              domain.id(),
              domain.name(),
              domain.metadata().owner());
        }
      }
      case FAILED, ENDED, STOPPED, SUSPENDED, COPYING, RECEIVING, REMOVING, PREPARED -> {
        if (!guests.busy(domain.id())) {
          LOG.warn("workspace={} has a domain though it is {}", domain.id(), view.phase());
          audit.record(
              "domain.reaped",
              Map.of("workspace", domain.id().toString(), "phase", view.phase().name()));
          guests.clean(domain.id());
        }
      }
      default -> shouted.remove(domain.id());
    }
  }

  /** One that cannot be ended keeps no look from the others. */
  private void end(GuestStatus domain, SetAside damaged, List<String> found) {
    try {
      hypervisor.destroy(domain.id());
      LOG.error(
          "workspace={} domain={} owner=\"{}\" ENDED: its journal page was damaged and is kept as"
              + " {}; its disk is kept",
          domain.id(),
          domain.name(),
          domain.metadata().owner(),
          damaged.page());
      audit.record(
          "domain.ended",
          Map.of(
              "workspace",
              domain.id().toString(),
              "owner",
              domain.metadata().owner(),
              "reason",
              "its journal page is damaged: " + damaged.problem(),
              "page",
              damaged.page().toString()));
    } catch (HypervisorException e) {
      found.add(
          "domain "
              + domain.name()
              + " runs unwatched, its journal page is damaged, and it cannot be ended: "
              + e.getMessage());
    }
  }

  private static boolean gone(GuestStatus status) {
    return status == null || status.state() == GuestState.ENDED;
  }
}
