package org.hospes.node.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hospes.contract.GuestFiles;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.HandedFile;
import org.hospes.trust.path.DistinguishedName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guests that another node is about to leave to this one, whose files are copied while they still
 * change. Nothing of it is journalled and nothing of it counts: it lies in folders of its own, for
 * root alone, until the guest is received, and is compared then. It is given up when that does not
 * come in time, and thrown away when the agent starts. Safe for many threads.
 */
final class Expectations implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Expectations.class);

  /** Each takes a thread, and of the node's network and disk. */
  private static final int AT_ONCE = 4;

  /** How long one lasts that nobody repeats. */
  static final Duration LASTS = Duration.ofMinutes(30);

  /** What is left free for the guests that are here. */
  private static final long FREE = 1L << 30;

  /**
   * For a copy to end at its next piece, while its guest stands still. One that does not is done
   * without; to fetch all of it from a host that is so slow would take longer.
   */
  private static final Duration TAKE_WITHIN = Duration.ofSeconds(20);

  /** The same, when nobody waits for what was copied. */
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(3);

  private final Peers peers;
  private final DiskMaker tools;
  private final Path folder;
  private final Clock clock;
  private final Map<UUID, Expectation> all = new HashMap<>();
  private long begun;

  /**
   * @param folder whatever is in it is deleted when this begins
   */
  Expectations(Peers peers, DiskMaker tools, Path folder, Clock clock) {
    this.peers = peers;
    this.tools = tools;
    this.folder = folder;
    this.clock = clock;
    try {
      GuestFolders.deleteAll(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " of a former agent cannot be deleted", e);
    }
  }

  /**
   * What is expected.
   *
   * @param source any address of the node that has the guest
   * @param host who must answer there
   * @param most how long which of its files can be; one that is not named is not copied
   */
  record Guest(
      UUID id, String wish, URI source, DistinguishedName host, Map<HandedFile.Kind, Long> most) {}

  /**
   * Begins to copy; the same again tells how far that is, and another wish takes its place.
   *
   * @throws GuestFailedException NO_CAPACITY when as many as may be are expected already
   */
  synchronized Ahead expect(Guest guest) throws GuestFailedException {
    expire();
    Expectation known = all.get(guest.id());
    if (known != null && !known.guest.equals(guest)) {
      forget(guest.id());
      known = null;
    }
    if (known == null) {
      if (all.size() >= AT_ONCE) {
        throw GuestFailedException.refused(
            Failure.of(
                    Category.NO_CAPACITY,
                    "guest.expected.too-many",
                    "as many guests as this node copies ahead at once are expected")
                .fact("most", Integer.toString(AT_ONCE)));
      }
      try {
        Path own = folder.resolve(guest.id() + "-" + ++begun);
        Arrivals.make(folder);
        Arrivals.make(own);
        known = new Expectation(guest, own);
      } catch (IOException e) {
        throw new GuestFailedException(
            Failure.of(Category.SITE, "disk.failed", folder + ": " + e.getMessage()), true, e);
      }
      all.put(guest.id(), known);
      known.thread.start();
    }
    known.ends = clock.instant().plus(LASTS);
    return new Ahead(known.copied, known.bytes);
  }

  /** Whether a guest is expected by this wish. */
  synchronized boolean knows(UUID id, String wish) {
    return all.containsKey(id) && all.get(id).guest.wish().equals(wish);
  }

  /** Gives up those whose time is over. */
  synchronized void expire() {
    List.copyOf(all.values()).stream()
        .filter(one -> !clock.instant().isBefore(one.ends))
        .forEach(one -> forget(one.guest.id()));
  }

  /** Gives one up. */
  synchronized void forget(UUID id) {
    Expectation gone = all.remove(id);
    if (gone != null) {
      gone.discard();
    }
  }

  /**
   * Ends the copying of a guest, and gives away what there is of it; nothing else is expected of it
   * then.
   *
   * @param to where each file is moved to, unless there is one
   * @return what is there now, by kind; nothing of another wish
   */
  Map<HandedFile.Kind, CopiedFile> take(UUID id, String wish, Path to) throws IOException {
    Expectation known;
    synchronized (this) {
      known = all.remove(id);
    }
    if (known == null) {
      return Map.of();
    }
    Map<HandedFile.Kind, CopiedFile> taken = new EnumMap<>(HandedFile.Kind.class);
    boolean ended = known.ended(TAKE_WITHIN);
    if (ended && known.guest.wish().equals(wish)) {
      for (Map.Entry<HandedFile.Kind, CopiedFile> each : known.files.entrySet()) {
        Path place = to.resolve(each.getKey().file());
        if (!Files.exists(place)) {
          CopiedFile copied = each.getValue();
          Files.move(copied.file(), place, StandardCopyOption.ATOMIC_MOVE);
          taken.put(each.getKey(), new CopiedFile(place, copied.bytes(), copied.sha256()));
        }
      }
    }
    if (ended) {
      LOG.info("workspace={} was copied ahead, by file, in bytes: {}", id, bytes(taken));
    } else {
      LOG.warn("workspace={} was copied ahead to no use: the copying does not end", id);
    }
    known.discard();
    return taken;
  }

  private static Map<HandedFile.Kind, Long> bytes(Map<HandedFile.Kind, CopiedFile> taken) {
    Map<HandedFile.Kind, Long> bytes = new EnumMap<>(HandedFile.Kind.class);
    taken.forEach((kind, file) -> bytes.put(kind, file.bytes()));
    return bytes;
  }

  /** Ends all copying, and waits a moment for that: whoever comes after this deletes the folder. */
  @Override
  public void close() {
    List<Expectation> ending;
    synchronized (this) {
      ending = List.copyOf(all.values());
      ending.forEach(one -> forget(one.guest.id()));
    }
    for (Expectation each : ending) {
      if (!each.ended(CLOSE_WITHIN)) {
        LOG.info("workspace={} is still being copied ahead", each.guest.id());
      }
    }
  }

  /** One guest that is expected, and the thread that copies of it. */
  private final class Expectation implements Runnable {
    private final Guest guest;
    private final Path own;
    private final Thread thread = new Thread(this, "ahead");

    /** By their kind; written by the thread, read once it has ended. */
    private final Map<HandedFile.Kind, CopiedFile> files = new HashMap<>();

    private volatile boolean over;
    private boolean finished;
    private boolean unwanted;
    private volatile boolean copied;
    private volatile long bytes;
    private volatile Instant ends;

    Expectation(Guest guest, Path own) {
      this.guest = guest;
      this.own = own;
      thread.setDaemon(true);
    }

    @Override
    public void run() {
      try {
        copy(HandedFile.Kind.OVERLAY);
        copy(HandedFile.Kind.SCRATCH);
        copied = true;
        while (!over && guest.most().containsKey(HandedFile.Kind.MEMORY)) {
          long before = bytes;
          if (copy(HandedFile.Kind.MEMORY)) {
            return;
          }
          bytes = before;
          pause();
        }
      } catch (IOException | RuntimeException e) {
        // Then it comes when it is received, as it would have without this.
        LOG.info("workspace={} is not copied ahead any further: {}", guest.id(), e.toString());
      } finally {
        copied = true;
        finished();
      }
    }

    /**
     * Whether anything came that counts: the head of a memory may be there long before the rest.
     */
    private boolean copy(HandedFile.Kind kind) throws IOException {
      Long most = guest.most().get(kind);
      if (over || most == null) {
        return false;
      }
      long before = bytes;
      URI address = GuestFiles.aheadAtNode(guest.source(), guest.id().toString(), kind.word());
      try (InputStream in = peers.at(guest.host()).open(address, most)) {
        CopiedFile file =
            CopiedFile.of(
                own.resolve(kind.file()), in, now -> bound(before, now, most), () -> over);
        files.put(kind, file);
        return file.bytes() > 0;
      }
    }

    private void bound(long before, long now, long most) throws IOException {
      if (now > most) {
        throw new IOException("it sends more than " + most + " bytes");
      }
      // The disk is asked now and then: pieces are small.
      if ((bytes >> 26) != ((before + now) >> 26) && room() < FREE) {
        throw new IOException("there is no room to copy ahead");
      }
      bytes = before + now;
    }

    private long room() throws IOException {
      try {
        return tools.room(own);
      } catch (GuestFailedException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    /** Before it is asked again whether there is a memory: a source may answer at once. */
    private synchronized void pause() throws IOException {
      if (!over) {
        try {
          wait(1000);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
    }

    /** Has the thread end, and tells whether it has. */
    boolean ended(Duration within) {
      synchronized (this) {
        over = true;
        notifyAll();
      }
      try {
        thread.join(within.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return !thread.isAlive();
    }

    /** Has all of it deleted, by the thread if that still works. */
    void discard() {
      boolean now;
      synchronized (this) {
        over = true;
        unwanted = true;
        now = finished;
        notifyAll();
      }
      if (now) {
        clear();
      }
    }

    private void finished() {
      boolean now;
      synchronized (this) {
        finished = true;
        now = unwanted;
      }
      if (now) {
        clear();
      }
    }

    private void clear() {
      try {
        GuestFolders.deleteAll(own);
      } catch (IOException e) {
        LOG.warn("workspace={}: {} is not deleted: {}", guest.id(), own, e.toString());
      }
    }
  }
}
