package org.hospes.node.sandbox;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandedFile;
import org.hospes.trust.path.DistinguishedName;

/**
 * Guests that are about to be left to another host, which may copy their files before: the disks as
 * they stand while the guest writes to them, and its memory while it is written. What it copies
 * proves nothing and is not promised to be whole; it is compared with what is handed over. Nothing
 * of this is journalled: an agent that starts anew offers nothing. Safe for many threads.
 */
public final class Offers {
  /** How long an offer stands that nobody repeats. */
  static final Duration LASTS = Duration.ofMinutes(30);

  private final Guests guests;
  private final GuestFolders folders;
  private final Clock clock;
  private final Map<UUID, Offer> inForce = new HashMap<>();

  private record Offer(String wish, DistinguishedName to, Instant ends) {}

  /** How far the writing of a file is. */
  public enum State {
    /** It is not there, or not the one that will be. */
    AWAITED,
    /** Bytes are put at its end. */
    GROWS,
    /** Nothing comes any more. */
    WHOLE,
    /** It may not be had any more. */
    WITHDRAWN
  }

  /** A file that may be copied; its state is looked at anew each time. */
  public interface Offered {
    Path file();

    State state();
  }

  Offers(Guests guests, GuestFolders folders, Clock clock) {
    this.guests = guests;
    this.folders = folders;
    this.clock = clock;
  }

  /**
   * From now on a host may copy. The same again makes it stand longer; another takes its place.
   *
   * @throws GuestFailedException NOT_FOUND without such a guest; CONFLICT when it neither runs nor
   *     is on its way to rest, or is left to another host
   */
  void offer(UUID id, String wish, DistinguishedName to) throws GuestFailedException {
    GuestRecord record =
        guests.journal().find(id).orElseThrow(() -> GuestFailedException.absent(id));
    if (!mayHave(record, to)) {
      GuestPhase phase = GuestPhase.of(Optional.of(record));
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  "guest.not-offered",
                  "a guest's files are offered to another node while it runs or comes to rest, and"
                      + " this one is "
                      + phase)
              .fact("found", phase.name()));
    }
    synchronized (inForce) {
      inForce.put(id, new Offer(wish, to, clock.instant().plus(LASTS)));
    }
  }

  /** Ends an offer; of another wish than the one in force, does nothing. */
  void withdraw(UUID id, String wish) {
    synchronized (inForce) {
      inForce.computeIfPresent(id, (guest, offer) -> offer.wish().equals(wish) ? null : offer);
    }
  }

  /** Ends whatever is offered of a guest. */
  void withdraw(UUID id) {
    synchronized (inForce) {
      inForce.remove(id);
    }
  }

  /** Whether there is anything at all that this one may copy; asked before anything else is. */
  public boolean admits(DistinguishedName caller) {
    synchronized (inForce) {
      inForce.values().removeIf(offer -> !clock.instant().isBefore(offer.ends()));
      return inForce.values().stream().anyMatch(offer -> offer.to().equals(caller));
    }
  }

  /**
   * What a name stands for: overlay, scratch or memory.
   *
   * @return empty when it is none, or not for this caller, who is not told which
   */
  public Optional<Offered> find(UUID id, String name, DistinguishedName caller) {
    if (state(id, caller, false) == State.WITHDRAWN) {
      return Optional.empty();
    }
    return switch (name) {
      case "overlay" -> Optional.of(offered(id, caller, HandedFile.Kind.OVERLAY));
      case "scratch" -> Optional.of(offered(id, caller, HandedFile.Kind.SCRATCH));
      case "memory" -> Optional.of(offered(id, caller, HandedFile.Kind.MEMORY));
      default -> Optional.empty();
    };
  }

  private Offered offered(UUID id, DistinguishedName caller, HandedFile.Kind kind) {
    return new Offered() {
      @Override
      public Path file() {
        return folders.folder(id).resolve(kind.file());
      }

      @Override
      public State state() {
        return Offers.this.state(id, caller, kind == HandedFile.Kind.MEMORY);
      }
    };
  }

  private State state(UUID id, DistinguishedName caller, boolean memory) {
    synchronized (inForce) {
      Offer offer = inForce.get(id);
      if (offer == null || !offer.to().equals(caller) || !clock.instant().isBefore(offer.ends())) {
        return State.WITHDRAWN;
      }
    }
    Optional<GuestRecord> record = guests.journal().find(id);
    if (record.filter(found -> mayHave(found, caller)).isEmpty()) {
      return State.WITHDRAWN;
    }
    if (!memory) {
      return State.WHOLE;
    }
    return switch (GuestPhase.of(record)) {
      case RUNNING, PAUSED -> State.AWAITED;
      case SUSPENDING -> State.GROWS;
      case SUSPENDED -> State.WHOLE;
      default -> State.WITHDRAWN;
    };
  }

  private static boolean mayHave(GuestRecord record, DistinguishedName host) {
    if (record.handedOver().filter(left -> !left.to().equals(host.slash())).isPresent()) {
      return false;
    }
    return switch (GuestPhase.of(Optional.of(record))) {
      case RUNNING, PAUSED, STOPPING, STOPPED, SUSPENDING, SUSPENDED -> true;
      default -> false;
    };
  }
}
