package org.hospes.node.journal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hospes.node.network.Attachment;

/**
 * All that a guest's journal says, folded together. Immutable: {@link #plus} gives the next one.
 *
 * @param done the finished hooks that were not undone
 * @param moments for the timeline, oldest first
 */
public record GuestRecord(
    GuestOrder order,
    Goal goal,
    String reason,
    Set<HookName> done,
    Optional<HeldBase> base,
    Optional<Attachment> attachment,
    Optional<Failure> failure,
    Optional<String> ended,
    List<Moment> moments) {
  /** Something that happened. */
  public record Moment(String what, Instant at) {}

  public GuestRecord {
    done = done.isEmpty() ? Set.of() : Set.copyOf(done);
    moments = List.copyOf(moments);
  }

  /** The record of a journal that holds its first line. */
  public static GuestRecord begin(JournalEntry.Ordered first) {
    return new GuestRecord(
        first.order(),
        Goal.PREPARED,
        "ordered",
        Set.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(new Moment("ordered", first.at())));
  }

  public UUID id() {
    return order.id();
  }

  public boolean has(HookName hook) {
    return done.contains(hook);
  }

  /** Whether every hook up to this one, inclusive, is done. */
  public boolean reached(HookName last) {
    return done.containsAll(EnumSet.range(HookName.IMAGE, last));
  }

  /**
   * The record after one more line.
   *
   * @throws IllegalArgumentException for a second first line
   */
  public GuestRecord plus(JournalEntry entry) {
    if (entry instanceof JournalEntry.Ordered) {
      throw new IllegalArgumentException(id() + ": a second order in one journal");
    } else if (entry instanceof JournalEntry.Wanted wanted) {
      return with(wanted.goal(), wanted.reason())
          .moment("wanted " + lower(wanted.goal()), entry.at());
    } else if (entry instanceof JournalEntry.Done finished) {
      return plusDone(finished);
    } else if (entry instanceof JournalEntry.Undone undone) {
      return minus(undone);
    } else if (entry instanceof JournalEntry.LeaseMoved lease) {
      return new GuestRecord(
          order.withLeaseEnds(lease.leaseEnds()),
          goal,
          reason,
          done,
          base,
          attachment,
          failure,
          ended,
          moments);
    } else if (entry instanceof JournalEntry.Failed failed) {
      return new GuestRecord(
              order,
              goal,
              reason,
              done,
              base,
              attachment,
              Optional.of(failed.failure()),
              ended,
              moments)
          .moment("failed", entry.at());
    }
    String why = ((JournalEntry.Ended) entry).reason();
    return new GuestRecord(
            order, goal, reason, done, base, attachment, failure, Optional.of(why), moments)
        .moment("ended", entry.at());
  }

  private GuestRecord with(Goal next, String why) {
    return new GuestRecord(order, next, why, done, base, attachment, failure, ended, moments);
  }

  private GuestRecord plusDone(JournalEntry.Done finished) {
    EnumSet<HookName> more = EnumSet.of(finished.hook());
    more.addAll(done);
    GuestRecord next =
        new GuestRecord(
            order,
            goal,
            reason,
            more,
            finished.base().or(() -> base),
            finished.attachment().or(() -> attachment),
            failure,
            ended,
            moments);
    if (finished.staging().isPresent()) {
      Staging staging = finished.staging().get();
      next = next.moment(staging.text(), staging.endedAt());
    }
    return next.moment(momentOf(finished.hook()), finished.at());
  }

  private GuestRecord minus(JournalEntry.Undone undone) {
    EnumSet<HookName> fewer = EnumSet.noneOf(HookName.class);
    fewer.addAll(done);
    fewer.remove(undone.hook());
    return new GuestRecord(
        order,
        goal,
        reason,
        fewer,
        undone.hook() == HookName.IMAGE ? Optional.empty() : base,
        undone.hook() == HookName.NETWORK ? Optional.empty() : attachment,
        failure,
        ended,
        moments);
  }

  private GuestRecord moment(String what, Instant at) {
    List<Moment> more = new ArrayList<>(moments);
    more.add(new Moment(what, at));
    // A guest that fails and is tried again for days must not grow its journal's picture for ever.
    if (more.size() > 200) {
      more.remove(1);
    }
    return new GuestRecord(order, goal, reason, done, base, attachment, failure, ended, more);
  }

  private static String momentOf(HookName hook) {
    return switch (hook) {
      case IMAGE -> "verified";
      case NETWORK -> "network ready";
      case DISK -> "disk ready";
      case SEED -> "prepared";
      case DOMAIN -> "domain paused";
      case COMPARED -> "open files compared";
      case SANDBOXED -> "sandbox read back";
      case RESUMED -> "started";
    };
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
