package org.hospes.node.sandbox;

import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.Goal;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;

/**
 * What this node takes on at most.
 *
 * @param cpus of all guests together
 * @param memoryBytes of all guests together
 * @param diskBytes of all guests together: overlays at their longest, scratch disks, and what
 *     snapshots took
 * @param guestCpus of one guest
 * @param guestMemoryBytes of one guest
 * @param guestScratchBytes of one guest
 * @param guestDiskBytes of one guest's disk, as the guest sees it
 * @param guestSnapshots of one guest
 * @param taken what disks take of that
 */
public record NodeLimits(
    int cpus,
    long memoryBytes,
    long diskBytes,
    int guestCpus,
    long guestMemoryBytes,
    long guestScratchBytes,
    long guestDiskBytes,
    int guestSnapshots,
    DisksTaken taken) {
  private static final long BESIDE = 64L << 20;
  private static final long SECTOR = 512;

  /**
   * How often a page is in a memory that was saved while the guest ran: all of it once, what was
   * written meanwhile five times at most, and what is left in the end.
   */
  private static final int WRITTEN_AT_MOST = 7;

  /** For disks that are files. */
  NodeLimits(
      int cpus,
      long memoryBytes,
      long diskBytes,
      int guestCpus,
      long guestMemoryBytes,
      long guestScratchBytes,
      long guestDiskBytes,
      int guestSnapshots) {
    this(
        cpus,
        memoryBytes,
        diskBytes,
        guestCpus,
        guestMemoryBytes,
        guestScratchBytes,
        guestDiskBytes,
        guestSnapshots,
        DisksTaken.AS_FILES);
  }

  /** Refuses an order that cannot be met beside those that are already here. */
  void check(GuestOrder order, Collection<GuestRecord> here, Instant now)
      throws GuestFailedException {
    if (order.imageDigest().algorithm() != Digest.Algorithm.SHA256) {
      throw refused("order.digest", "an image is ordered by its SHA-256", order.imageDigest(), "");
    }
    if (!now.isBefore(order.leaseEnds())) {
      throw refused("order.lease", "the lease is over already", order.leaseEnds(), "after " + now);
    }
    if (order.cpus() < 1 || order.memoryBytes() < 1 || order.scratchBytes() < 0) {
      throw refused(
          "order.size",
          "a guest has processors and memory",
          order.cpus() + " cpus, " + order.memoryBytes() + " bytes",
          "1 or more");
    }
    fits("cpus", order.cpus(), guestCpus, "one guest");
    fits("memoryBytes", order.memoryBytes(), guestMemoryBytes, "one guest");
    fits("scratchBytes", order.scratchBytes(), guestScratchBytes, "one guest");
    long disk = virtualBytes(order);
    fits("diskBytes", disk, guestDiskBytes, "one guest");
    int cpusTaken = 0;
    long memoryTaken = 0;
    for (GuestRecord other : here) {
      if (other.goal() != Goal.REMOVED && other.failure().isEmpty() && other.ended().isEmpty()) {
        cpusTaken += other.order().cpus();
        memoryTaken += other.order().memoryBytes();
      }
    }
    fits("cpus", order.cpus(), cpus - cpusTaken, "this node now");
    fits("memoryBytes", order.memoryBytes(), memoryBytes - memoryTaken, "this node now");
    long wanted = taken.disk(disk) + taken.scratch(order.scratchBytes());
    if (!images(here).containsKey(order.imageDigest())) {
      wanted += taken.image(disk);
    }
    fits("diskBytes", wanted, diskBytes - diskTaken(here), "this node now");
  }

  /** The images of guests that have disks, with their lengths as guests see them. */
  private static Map<Digest, Long> images(Collection<GuestRecord> here)
      throws GuestFailedException {
    Map<Digest, Long> images = new HashMap<>();
    for (GuestRecord guest : here) {
      if (guest.failure().isEmpty()) {
        images.put(guest.order().imageDigest(), virtualBytes(guest));
      }
    }
    return images;
  }

  private static long virtualBytes(GuestRecord guest) throws GuestFailedException {
    return guest.base().isPresent()
        ? guest.base().get().virtualBytes()
        : virtualBytes(guest.order());
  }

  /**
   * Refuses one more snapshot of a guest that cannot be kept beside what is here.
   *
   * @param bytes that it takes
   */
  void checkSnapshot(GuestRecord guest, long bytes, Collection<GuestRecord> here)
      throws GuestFailedException {
    int kept = guest.snapshots().kept().size();
    if (kept >= guestSnapshots) {
      throw tooManySnapshots(kept + 1);
    }
    checkDisk(bytes, here);
  }

  /** Refuses what cannot be kept on the disk beside what is here. */
  void checkDisk(long bytes, Collection<GuestRecord> here) throws GuestFailedException {
    if (taken.snapshots()) {
      fits("diskBytes", bytes, diskBytes - diskTaken(here), "this node now");
    }
  }

  private GuestFailedException tooManySnapshots(int count) {
    return GuestFailedException.refused(
        Failure.of(
                Category.NO_CAPACITY,
                "snapshot.too-many",
                "a guest of this node can have "
                    + guestSnapshots
                    + " snapshots, and this one would have "
                    + count)
            .advice("delete one first")
            .fact("expected", "at most " + guestSnapshots)
            .fact("found", Integer.toString(count)));
  }

  /**
   * Refuses files of a guest of another node that cannot be those of this order, or cannot be kept
   * beside what is here. Their lengths are believed no further: no more is fetched.
   */
  void checkArrival(GuestOrder order, HandOver papers, Collection<GuestRecord> here)
      throws GuestFailedException {
    int count = papers.snapshots().size();
    if (count > guestSnapshots) {
      throw tooManySnapshots(count);
    }
    long disk = virtualBytes(order);
    for (HandedFile file : papers.files()) {
      fits(file.name(), file.bytes(), most(file.kind(), order), "such a guest");
    }
    if ((order.scratchBytes() > 0) != papers.file("scratch").isPresent()) {
      throw refused(
          "order.scratch",
          "what comes of the guest does not fit its order",
          papers.file("scratch").isPresent() ? "a scratch disk" : "no scratch disk",
          order.scratchBytes() + " bytes of scratch disk");
    }
    long snapshots = papers.snapshots().stream().mapToLong(HandOver.HandedSnapshot::bytes).sum();
    long left = diskBytes - diskTaken(here) - disk - order.scratchBytes();
    fits("diskBytes", snapshots, left, "this node now");
  }

  /** How long a file of such a guest can be. */
  long most(HandedFile.Kind kind, GuestOrder order) throws GuestFailedException {
    long disk = virtualBytes(order);
    return switch (kind) {
      // Beside the guest's bytes there are tables that say where they lie.
      case OVERLAY -> disk + disk / 64 + BESIDE;
      case SCRATCH -> order.scratchBytes() + SECTOR;
      case MEMORY -> WRITTEN_AT_MOST * (order.memoryBytes() + order.memoryBytes() / 8) + 8 * BESIDE;
      case SEED -> BESIDE;
    };
  }

  private long diskTaken(Collection<GuestRecord> here) throws GuestFailedException {
    long sum = 0;
    for (long image : images(here).values()) {
      sum += taken.image(image);
    }
    for (GuestRecord other : here) {
      if (other.failure().isEmpty()) {
        sum += taken.disk(virtualBytes(other)) + taken.scratch(other.order().scratchBytes());
        sum += taken.snapshots() ? other.snapshots().bytes() : 0;
      }
    }
    return sum;
  }

  /** As the manifest has it; bytes that disagree with it are refused before they get a disk. */
  private static long virtualBytes(GuestOrder order) throws GuestFailedException {
    try {
      return ManifestFormat.parse(order.image().manifest()).virtualBytes();
    } catch (ImageRefusedException e) {
      throw GuestFailedException.of(e);
    }
  }

  private static void fits(String what, long wanted, long left, String where)
      throws GuestFailedException {
    if (wanted > left) {
      throw GuestFailedException.refused(
          Failure.of(
                  Category.NO_CAPACITY,
                  "node.capacity",
                  "more " + what + " than " + where + " can have")
              .fact("what", what)
              .fact("expected", "at most " + left)
              .fact("found", Long.toString(wanted)));
    }
  }

  private static GuestFailedException refused(
      String code, String message, Object found, String expected) {
    Failure failure = Failure.of(Category.INVALID, code, message).fact("found", found.toString());
    return GuestFailedException.refused(
        expected.isEmpty() ? failure : failure.fact("expected", expected));
  }
}
