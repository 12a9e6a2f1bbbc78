package org.hospes.node.sandbox;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.hospes.contract.GuestFiles;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;
import org.hospes.node.journal.HeldBase;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.journal.Snapshot;
import org.hospes.trust.path.DistinguishedName;

/**
 * Takes up what another node left of a guest: gathers its files apart, each compared with the
 * digest that was told as its bytes come, looks at them as at a stranger's, and puts them in their
 * places. From the line of the journal on that says so they are the guest's; before it nothing of
 * them counts, and whatever is cut off is done again.
 */
final class Arrivals {

  private final Peers peers;
  private final Expectations expectations;
  private final DiskMaker tools;
  private final GuestFolders folders;
  private final Hypervisor hypervisor;
  private final Specifications specifications;
  private final Clock clock;

  /** How domains of guests are made on this node. */
  interface Specifications {
    GuestSpec of(GuestRecord record) throws GuestFailedException;
  }

  Arrivals(
      Peers peers,
      Expectations expectations,
      DiskMaker tools,
      GuestFolders folders,
      Hypervisor hypervisor,
      Specifications specifications,
      Clock clock) {
    this.peers = peers;
    this.expectations = expectations;
    this.tools = tools;
    this.folders = folders;
    this.hypervisor = hypervisor;
    this.specifications = specifications;
    this.clock = clock;
  }

  /**
   * Fetches all and puts it in place. Cut off and done again, it ends the same.
   *
   * @param progress told how many bytes of all are here
   * @param abandoned true once nobody needs it any more
   * @return what the journal is to hold
   * @throws GuestFailedException IMAGE_REFUSED when it is not what was told, or what may not be
   */
  JournalEntry.Arrived take(GuestRecord record, FetchProgress progress, BooleanSupplier abandoned)
      throws GuestFailedException {
    Arrival arrival = record.arrival().orElseThrow();
    Path gathered = folders.arriving(record.id());
    try {
      folders.make(record.id());
      make(gathered);
      Map<HandedFile.Kind, CopiedFile> ahead =
          expectations.take(record.id(), arrival.wish(), gathered);
      requireRoom(gathered, arrival.papers());
      gather(record, arrival, gathered, ahead, progress, abandoned);
      Set<HandedFile> changed = look(record, arrival.papers(), gathered);
      JournalEntry.Arrived here = seal(arrival.papers(), gathered, changed, abandoned);
      place(record, arrival.papers(), gathered);
      return here;
    } catch (IOException e) {
      throw new GuestFailedException(
          Failure.of(
              Failure.Category.SITE,
              "disk.failed",
              folders.folder(record.id()) + ": " + e.getMessage()),
          true,
          e);
    }
  }

  private void gather(
      GuestRecord record,
      Arrival arrival,
      Path gathered,
      Map<HandedFile.Kind, CopiedFile> ahead,
      FetchProgress progress,
      BooleanSupplier abandoned)
      throws GuestFailedException, IOException {
    long total = arrival.papers().bytes();
    long[] here = {0};
    PeerFetch fetch =
        new PeerFetch(
            peers.at(new DistinguishedName(arrival.sourceName())),
            clock,
            abandoned,
            bytes -> {
              here[0] += bytes;
              progress.advanced(here[0], total);
            });
    for (HandedFile file : arrival.papers().files()) {
      Path to = gathered.resolve(file.place());
      make(to.getParent());
      Optional<CopiedFile> copied =
          file.isOfSnapshot() ? Optional.empty() : Optional.ofNullable(ahead.get(file.kind()));
      fetch.fetch(place(arrival, record, file), file, to, copied);
    }
  }

  private static PeerFetch.Place place(Arrival arrival, GuestRecord record, HandedFile file) {
    URI source = arrival.source();
    String id = record.id().toString();
    String digest = "sha256:" + file.sha256();
    return new PeerFetch.Place(
        GuestFiles.atNode(source, id, file.name(), digest),
        GuestFiles.atNode(source, id, file.name() + GuestFiles.SUMS, digest));
  }

  /**
   * Before any tool opens them: the digests say what the other node had, and not what it was.
   *
   * @return those that were changed, to stand on this node's base
   */
  private Set<HandedFile> look(GuestRecord record, HandOver papers, Path gathered)
      throws GuestFailedException {
    Set<HandedFile> changed = new HashSet<>();
    HeldBase base = record.base().orElseThrow();
    DiskLayer own = new DiskLayer(base.file(), base.format());
    for (HandedFile file : papers.files()) {
      Path here = gathered.resolve(file.place());
      switch (file.kind()) {
        case OVERLAY -> {
          if (tools.rebase(here, own, base.virtualBytes())) {
            changed.add(file);
          }
        }
        case MEMORY -> {
          requireOwnMemory(record, here);
          if (adopt(record, here)) {
            changed.add(file);
          }
        }
        case SCRATCH, SEED -> {}
      }
    }
    return changed;
  }

  private void requireOwnMemory(GuestRecord record, Path file) throws GuestFailedException {
    try {
      if (!hypervisor.saved(record.id(), file)) {
        throw GuestFailedException.refused(
            Failure.of(
                    Failure.Category.IMAGE_REFUSED,
                    "memory.foreign",
                    "what came as the guest's memory is none, or another guest's")
                .advice("tell the operators of the node that it comes from")
                .fact("expected", "memory of " + record.id()));
      }
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
  }

  private boolean adopt(GuestRecord record, Path memory) throws GuestFailedException {
    try {
      return hypervisor.adopt(specifications.of(record), memory);
    } catch (HypervisorException e) {
      if (e.kind() != HypervisorException.Kind.REFUSED) {
        throw GuestFailedException.of(e);
      }
      throw GuestFailedException.refused(
          new Failure(
              Failure.Category.IMAGE_REFUSED,
              "memory.foreign",
              e.getMessage(),
              Optional.of("tell the operators of the node that it comes from"),
              e.facts()));
    }
  }

  /** What was not changed since its bytes came is not hashed again. */
  private JournalEntry.Arrived seal(
      HandOver papers, Path gathered, Set<HandedFile> changed, BooleanSupplier abandoned)
      throws GuestFailedException, IOException {
    List<SealedDisk> own = new ArrayList<>();
    for (HandedFile file : papers.files()) {
      if (!file.isOfSnapshot()) {
        own.add(sealed(file, gathered, changed, abandoned));
      }
    }
    List<Snapshot> snapshots = new ArrayList<>();
    for (HandOver.HandedSnapshot snapshot : papers.snapshots()) {
      List<SealedDisk> disks = new ArrayList<>();
      long bytes = 0;
      for (HandedFile file : papers.files()) {
        if (file.isOf(snapshot.name())) {
          disks.add(sealed(file, gathered, changed, abandoned));
          bytes += tools.taken(gathered.resolve(file.place()));
        }
      }
      snapshots.add(new Snapshot(snapshot.name(), snapshot.takenAt(), bytes, disks));
    }
    return new JournalEntry.Arrived(clock.instant(), own, snapshots);
  }

  private static SealedDisk sealed(
      HandedFile file, Path gathered, Set<HandedFile> changed, BooleanSupplier abandoned)
      throws GuestFailedException, IOException {
    return changed.contains(file)
        ? DiskSeals.seal(gathered.resolve(file.place()), abandoned)
        : new SealedDisk(file.kind().file(), file.bytes(), file.sha256());
  }

  private void place(GuestRecord record, HandOver papers, Path gathered)
      throws GuestFailedException, IOException {
    Path folder = folders.folder(record.id());
    GuestFolders.deleteAll(folders.snapshots(record.id()));
    for (HandedFile file : papers.files()) {
      Path place = folder.resolve(file.place());
      if (file.isOfSnapshot()) {
        make(folders.snapshots(record.id()));
        make(place.getParent());
      }
      if (file.kind() == HandedFile.Kind.MEMORY) {
        // It stays the agent's alone: whoever reads it is given it open.
        Files.move(gathered.resolve(file.place()), place, StandardCopyOption.ATOMIC_MOVE);
      } else {
        tools.adopt(gathered.resolve(file.place()), place, file.kind() != HandedFile.Kind.SEED);
      }
      sync(place.getParent());
    }
    GuestFolders.deleteAll(gathered);
    if (!papers.snapshots().isEmpty()) {
      sync(folders.snapshots(record.id()));
    }
    sync(folder);
  }

  private void requireRoom(Path where, HandOver papers) throws GuestFailedException, IOException {
    Room.require(
        tools,
        where,
        papers.bytes() - lengths(where),
        "what the other node has of the guest",
        "choose another node, or tell the site's operators",
        false);
  }

  /** What came before the agent was killed. */
  private static long lengths(Path folder) throws IOException {
    long bytes = 0;
    try (DirectoryStream<Path> inside = Files.newDirectoryStream(folder)) {
      for (Path one : inside) {
        bytes += Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS) ? lengths(one) : Files.size(one);
      }
    }
    return bytes;
  }

  /** For root alone: guests' own user has no business with what is not compared yet. */
  static void make(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
