package org.hospes.node.journal;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.node.network.Attachment;

/** One line of a guest's journal. */
public sealed interface JournalEntry {
  Instant at();

  /** A line that tells of a guest's snapshots. */
  sealed interface OfSnapshot extends JournalEntry {
    /** What happened, for people: plain words, then what they are said of in parentheses. */
    String text();
  }

  /** Something is to be done with a snapshot; the guest's disks stay as they are meanwhile. */
  record SnapshotAsked(Instant at, SnapshotTask task) implements OfSnapshot {
    @Override
    public String text() {
      return switch (task.kind()) {
        case TAKE -> "taking snapshot " + task.name();
        case ROLL_BACK -> "rolling back to snapshot " + task.name();
        case DELETE -> "deleting snapshot " + task.name();
        case FLATTEN -> "making one disk, " + task.name();
      };
    }
  }

  /** A snapshot is there, whole. */
  record SnapshotTaken(Instant at, Snapshot snapshot) implements OfSnapshot {
    @Override
    public String text() {
      return "snapshot taken (" + snapshot.name() + ")";
    }
  }

  /**
   * A copy of a snapshot lies whole beside the guest's disks, and is from now on what the guest
   * has: what is left is to move it into their place.
   */
  record SnapshotCopiedBack(Instant at, String name) implements OfSnapshot {
    @Override
    public String text() {
      return "snapshot copied back (" + name + ")";
    }
  }

  /** The guest has the disks of a snapshot. */
  record SnapshotRestored(Instant at, String name) implements OfSnapshot {
    @Override
    public String text() {
      return "rolled back (" + name + ")";
    }
  }

  /**
   * One disk that stands on nothing was made of the base and what the guest wrote.
   *
   * @param flat with that one disk
   */
  record Flattened(Instant at, Snapshot flat) implements OfSnapshot {
    @Override
    public String text() {
      return "flattened (" + flat.name() + ")";
    }
  }

  /** A snapshot is gone. */
  record SnapshotDeleted(Instant at, String name) implements OfSnapshot {
    @Override
    public String text() {
      return "snapshot deleted (" + name + ")";
    }
  }

  /** What was asked could not be done; the guest's disks and its other snapshots are as before. */
  record SnapshotFailed(Instant at, Failure failure) implements OfSnapshot {
    @Override
    public String text() {
      return "snapshot failed (" + failure.code() + "): " + failure.message();
    }
  }

  /**
   * The first line: the order, as received.
   *
   * @param arrival of a guest that comes from another node
   */
  record Ordered(Instant at, GuestOrder order, Optional<Arrival> arrival) implements JournalEntry {
    /** Of a guest that is made here. */
    public Ordered(Instant at, GuestOrder order) {
      this(at, order, Optional.empty());
    }
  }

  /** What another node left lies here, whole and compared: the guest is as it was there. */
  record Arrived(Instant at, List<SealedDisk> disks, List<Snapshot> snapshots)
      implements JournalEntry {
    public Arrived {
      disks = List.copyOf(disks);
      snapshots = List.copyOf(snapshots);
    }
  }

  /** Another node may have it; until that is taken back it does not start here. */
  record HandedOver(Instant at, HandOver papers) implements JournalEntry {}

  /** It is this node's again. */
  record TakenBack(Instant at, String wish) implements JournalEntry {}

  /**
   * A new goal.
   *
   * @param reason for people and the audit log
   * @param forceAt when a guest that is to stop is ended by force
   * @param request the signed message that asked for it; empty when that is as before
   */
  record Wanted(
      Instant at, Goal goal, String reason, Optional<Instant> forceAt, Optional<AskedBy> request)
      implements JournalEntry {
    /** A goal that nobody's message is told of. */
    public Wanted(Instant at, Goal goal, String reason, Optional<Instant> forceAt) {
      this(at, goal, reason, forceAt, Optional.empty());
    }

    /** A goal that has no time of its own. */
    public static Wanted of(Instant at, Goal goal, String reason) {
      return new Wanted(at, goal, reason, Optional.empty());
    }
  }

  /** A finished hook, with what undoing and going on need to know. */
  record Done(
      Instant at,
      HookName hook,
      Optional<HeldBase> base,
      Optional<Staging> staging,
      Optional<Attachment> attachment)
      implements JournalEntry {
    /** A hook that leaves nothing to remember. */
    public static Done of(Instant at, HookName hook) {
      return new Done(at, hook, Optional.empty(), Optional.empty(), Optional.empty());
    }
  }

  /** A hook taken back. */
  record Undone(Instant at, HookName hook) implements JournalEntry {}

  /**
   * Others say something else of the guest's image than they did: it is judged by that from now on.
   * What its signer signed stays as ordered.
   */
  record PapersMoved(
      Instant at,
      List<byte[]> endorsements,
      Optional<Statement> publication,
      Optional<Statement> sight)
      implements JournalEntry {
    public PapersMoved {
      endorsements = List.copyOf(endorsements);
    }

    /** What others say of these papers. */
    public static PapersMoved to(SignedImage papers, Instant at) {
      return new PapersMoved(at, papers.endorsements(), papers.publication(), papers.sight());
    }

    /** The same papers with what others say of them now. */
    SignedImage on(SignedImage papers) {
      return papers.withEndorsements(endorsements).withPublication(publication).withSight(sight);
    }
  }

  /** The lease ends at another time than ordered. */
  record LeaseMoved(Instant at, Instant leaseEnds) implements JournalEntry {}

  /**
   * Its image is refused for its next start. It is stopped, or suspended, as it was before, with
   * all that it wrote, and may be wanted to run again.
   */
  record StartRefused(Instant at, Failure failure) implements JournalEntry {}

  /** It will not come to its goal; what was done is undone. */
  record Failed(Instant at, Failure failure) implements JournalEntry {}

  /** The guest's processors stand still. */
  record Paused(Instant at) implements JournalEntry {}

  /**
   * The guest stood still from then on, until its memory was whole: it had run while most of that
   * was written.
   */
  record Stood(Instant at) implements JournalEntry {}

  /** They run again. */
  record Resumed(Instant at) implements JournalEntry {}

  /** The guest has stopped and its domain is gone; these are the disks that it wrote to. */
  record Sealed(Instant at, List<SealedDisk> disks) implements JournalEntry {
    public Sealed {
      disks = List.copyOf(disks);
    }
  }

  /**
   * The guest is gone by itself and is to start again from its own disk.
   *
   * @param console its last lines, when it crashed
   */
  record StartsAgain(Instant at, String reason, Optional<String> console) implements JournalEntry {}

  /** The guest stopped by itself. */
  record Ended(Instant at, String reason) implements JournalEntry {}
}
