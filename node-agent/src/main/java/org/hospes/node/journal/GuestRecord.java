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
 * @param setback why its last start came to nothing, though it is as it was; until the next wish
 * @param forceAt when a guest that was told to stop is ended by force
 * @param ran whether the guest ever ran: its disk is then its own, and never made anew
 * @param paused whether its processors stand still, as was wanted
 * @param seal what its disks, and its memory if that was saved, were when it was gone; empty from
 *     the moment when it may write: a saved memory is spent then
 * @param restored whether its domain was made from saved memory and has not run yet
 * @param snapshots of its disks
 * @param comebacks when it last started again by itself, oldest first; only so many are kept
 * @param crash the last one after which it started again
 * @param arrival of a guest that comes, or came, from another node
 * @param awaited whether it is not here yet
 * @param handedOver what another node may have of it now; it does not start here meanwhile
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
    Optional<Failure> setback,
    Optional<String> ended,
    Optional<Instant> forceAt,
    boolean ran,
    boolean paused,
    Optional<List<SealedDisk>> seal,
    Snapshots snapshots,
    boolean restored,
    List<Instant> comebacks,
    Optional<Crash> crash,
    Optional<Arrival> arrival,
    boolean awaited,
    Optional<HandOver> handedOver,
    List<Moment> moments) {
  // A guest that fails and is tried again for days must not grow its journal's picture for ever.
  private static final int MOST_MOMENTS = 200;

  private static final int MOST_COMEBACKS = 8;

  /** Something that happened. */
  public record Moment(String what, Instant at) {}

  private static final String STOOD_STILL = "stood still";

  /** Whether it is told that the guest stood still from then on for its memory to be saved. */
  public boolean stoodStill(Instant since) {
    return moments.contains(new Moment(STOOD_STILL, since));
  }

  public GuestRecord {
    done = done.isEmpty() ? Set.of() : Set.copyOf(done);
    seal = seal.map(List::copyOf);
    comebacks = List.copyOf(comebacks);
    moments = List.copyOf(moments);
  }

  /** The record of a journal that holds its first line. */
  public static GuestRecord begin(JournalEntry.Ordered first) {
    return new GuestRecord(
        first.order(),
        first.arrival().map(GuestRecord::goalOf).orElse(Goal.PREPARED),
        first.arrival().map(a -> "comes from " + a.sourceName()).orElse("ordered"),
        Set.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        false,
        Optional.empty(),
        Snapshots.NONE,
        false,
        List.of(),
        Optional.empty(),
        first.arrival(),
        first.arrival().isPresent(),
        Optional.empty(),
        List.of(new Moment("ordered", first.at())));
  }

  private static Goal goalOf(Arrival arrival) {
    return arrival.papers().suspended() ? Goal.SUSPENDED : Goal.STOPPED;
  }

  public UUID id() {
    return order.id();
  }

  public boolean has(HookName hook) {
    return done.contains(hook);
  }

  /** Whether it goes on from saved memory when it runs again. */
  public boolean remembers() {
    return seal.filter(GuestRecord::hasMemory).isPresent();
  }

  private static boolean hasMemory(List<SealedDisk> disks) {
    return disks.stream().anyMatch(disk -> disk.name().equals(SealedDisk.MEMORY));
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
    }
    Draft next = new Draft(this);
    next.add(entry);
    return next.record();
  }

  /** A record in the making. */
  private static final class Draft {
    private GuestOrder order;
    private Goal goal;
    private String reason;
    private final EnumSet<HookName> done = EnumSet.noneOf(HookName.class);
    private Optional<HeldBase> base;
    private Optional<Attachment> attachment;
    private Optional<Failure> failure;
    private Optional<Failure> setback;
    private Optional<String> ended;
    private Optional<Instant> forceAt;
    private boolean ran;
    private boolean paused;
    private Optional<List<SealedDisk>> seal;
    private Snapshots snapshots;
    private boolean restored;
    private final List<Instant> comebacks;
    private Optional<Crash> crash;
    private final Optional<Arrival> arrival;
    private boolean awaited;
    private Optional<HandOver> handedOver;
    private final List<Moment> moments;

    Draft(GuestRecord from) {
      order = from.order;
      goal = from.goal;
      reason = from.reason;
      done.addAll(from.done);
      base = from.base;
      attachment = from.attachment;
      failure = from.failure;
      setback = from.setback;
      ended = from.ended;
      forceAt = from.forceAt;
      ran = from.ran;
      paused = from.paused;
      seal = from.seal;
      snapshots = from.snapshots;
      restored = from.restored;
      comebacks = new ArrayList<>(from.comebacks);
      crash = from.crash;
      arrival = from.arrival;
      awaited = from.awaited;
      handedOver = from.handedOver;
      moments = new ArrayList<>(from.moments);
    }

    void add(JournalEntry entry) {
      if (entry instanceof JournalEntry.Wanted wanted) {
        wanted(wanted);
      } else if (entry instanceof JournalEntry.Done finished) {
        done(finished);
      } else if (entry instanceof JournalEntry.Undone undone) {
        undone(undone.hook());
      } else if (entry instanceof JournalEntry.LeaseMoved lease) {
        order = order.withLeaseEnds(lease.leaseEnds());
      } else if (entry instanceof JournalEntry.PapersMoved papers) {
        order = order.withImage(papers.on(order.image()));
      } else if (entry instanceof JournalEntry.StartRefused refused) {
        startRefused(refused);
      } else if (entry instanceof JournalEntry.Failed failed) {
        failure = Optional.of(failed.failure());
        moment("failed", failed.at());
      } else if (entry instanceof JournalEntry.Paused still) {
        paused = true;
        moment("paused", still.at());
      } else if (entry instanceof JournalEntry.Resumed again) {
        paused = false;
        moment("resumed", again.at());
      } else if (entry instanceof JournalEntry.Stood stood) {
        moment(STOOD_STILL, stood.at());
      } else if (entry instanceof JournalEntry.Sealed sealed) {
        seal = Optional.of(sealed.disks());
        moment(hasMemory(sealed.disks()) ? "memory and disk sealed" : "disk sealed", sealed.at());
      } else if (entry instanceof JournalEntry.OfSnapshot snapshot) {
        ofSnapshot(snapshot);
      } else if (entry instanceof JournalEntry.StartsAgain again) {
        startsAgain(again);
      } else if (entry instanceof JournalEntry.Arrived here) {
        arrived(here);
      } else if (entry instanceof JournalEntry.HandedOver given) {
        handedOver = Optional.of(given.papers());
        moment("handed over (" + given.papers().to() + ")", given.at());
      } else if (entry instanceof JournalEntry.TakenBack back) {
        handedOver = Optional.empty();
        moment("taken back", back.at());
      } else if (entry instanceof JournalEntry.Ended over) {
        ended = Optional.of(over.reason());
        moment("ended", over.at());
      }
    }

    private void wanted(JournalEntry.Wanted wanted) {
      goal = wanted.goal();
      reason = wanted.reason();
      forceAt = wanted.forceAt();
      setback = Optional.empty();
      if (wanted.request().isPresent()) {
        order = order.withRequest(wanted.request());
      }
      if (goal == Goal.STOPPED) {
        // One that ended by itself a moment before is kept as one that was stopped.
        ended = Optional.empty();
      } else if (goal == Goal.RUNNING) {
        snapshots = snapshots.withoutFlat();
      }
      moment("wanted " + lower(goal), wanted.at());
    }

    private void startRefused(JournalEntry.StartRefused refused) {
      goal = seal.filter(GuestRecord::hasMemory).isPresent() ? Goal.SUSPENDED : Goal.STOPPED;
      reason = refused.failure().code() + ": " + refused.failure().message();
      forceAt = Optional.empty();
      setback = Optional.of(refused.failure());
      moment("start refused (" + refused.failure().code() + ")", refused.at());
    }

    private void done(JournalEntry.Done finished) {
      done.add(finished.hook());
      switch (finished.hook()) {
        case DOMAIN -> restored = seal.filter(GuestRecord::hasMemory).isPresent();
        case RESUMED -> restored = false;
        default -> {}
      }
      base = finished.base().or(() -> base);
      attachment = finished.attachment().or(() -> attachment);
      if (finished.hook() == HookName.SANDBOXED) {
        // The next thing that happens to it is that it runs.
        seal = Optional.empty();
      }
      ran |= finished.hook() == HookName.RESUMED;
      finished.staging().ifPresent(staging -> moment(staging.text(), staging.endedAt()));
      moment(momentOf(finished.hook()), finished.at());
    }

    private void arrived(JournalEntry.Arrived here) {
      awaited = false;
      // What a guest wrote is never made anew.
      ran = true;
      done.addAll(EnumSet.of(HookName.DISK, HookName.SEED));
      seal = Optional.of(here.disks());
      snapshots = Snapshots.of(here.snapshots());
      long bytes = arrival.map(a -> a.papers().bytes()).orElse(0L);
      moment("received (" + bytes + " bytes)", here.at());
    }

    private void startsAgain(JournalEntry.StartsAgain again) {
      done.removeAll(EnumSet.range(HookName.DOMAIN, HookName.RESUMED));
      paused = false;
      reason = again.reason();
      crash = again.console().map(console -> new Crash(again.at(), console)).or(() -> crash);
      comebacks.add(again.at());
      if (comebacks.size() > MOST_COMEBACKS) {
        comebacks.remove(0);
      }
      moment(again.console().isPresent() ? "crashed" : "rebooted itself", again.at());
    }

    private void undone(HookName hook) {
      done.remove(hook);
      switch (hook) {
        case IMAGE -> base = Optional.empty();
        case NETWORK -> attachment = Optional.empty();
        case DISK -> {
          seal = Optional.empty();
          if (goal == Goal.REMOVED || failure.isPresent()) {
            snapshots = Snapshots.NONE;
          }
        }
        case DOMAIN -> restored = false;
        case RESUMED -> paused = false;
        default -> {}
      }
    }

    private void ofSnapshot(JournalEntry.OfSnapshot entry) {
      snapshots = snapshots.plus(entry);
      if (entry instanceof JournalEntry.SnapshotCopiedBack back) {
        Optional<Snapshot> now = snapshots.find(back.name());
        seal = now.map(Snapshot::disks);
        goal = now.filter(Snapshot::remembers).isPresent() ? Goal.SUSPENDED : Goal.STOPPED;
      } else if (!(entry instanceof JournalEntry.SnapshotAsked)) {
        moment(entry.text(), entry.at());
      }
    }

    private void moment(String what, Instant at) {
      moments.add(new Moment(what, at));
      if (moments.size() > MOST_MOMENTS) {
        moments.remove(1);
      }
    }

    GuestRecord record() {
      return new GuestRecord(
          order,
          goal,
          reason,
          done,
          base,
          attachment,
          failure,
          setback,
          ended,
          forceAt,
          ran,
          paused,
          seal,
          snapshots,
          restored,
          comebacks,
          crash,
          arrival,
          awaited,
          handedOver,
          moments);
    }
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
