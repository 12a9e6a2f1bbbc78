package org.hospes.node.sandbox;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.hospes.image.SignedImage;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.imagecache.CacheTrail;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.ImageJudge;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.imagecache.TestPapers;
import org.hospes.node.journal.FileJournal;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.OnCrash;
import org.hospes.node.journal.ServiceMemory;
import org.hospes.node.network.ForwardRequest;
import org.hospes.node.network.InMemoryNetwork;

/**
 * A node whose journal, cache and disks are real files, and whose hypervisor and network are in
 * memory and outlive the agent, as the real ones do.
 */
final class TestNode implements AutoCloseable {
  final InMemoryHypervisor hypervisor;
  final Hypervisor machine;
  final InMemoryNetwork network;
  private final DiskMaker disks;
  final TestImages images;
  final MovableClock clock = new MovableClock();
  final Path root;
  NodeLimits limits = new NodeLimits(8, 8L << 30, 1L << 40, 4, 4L << 30, 1L << 30, 1L << 30, 8);
  Duration patience = Duration.ofMinutes(5);

  /** Where guests' disks are if they are volumes, from the next start of the agent on. */
  Optional<Path> devices = Optional.empty();

  /** How long a story may stand still: an emulated machine takes more than a folder of files. */
  Duration pace = Duration.ofSeconds(60);

  private Optional<Path> bootable = Optional.empty();
  Waiters waiters = new Waiters(4, Duration.ofMinutes(1));
  Guests guests;
  SnapshotOrders snapshots;
  HandOvers handOvers;
  HandedFiles handed;
  final TwinPeers peers = new TwinPeers();
  GuestWatch watch;
  Reaper reaper;
  FileJournal journal;
  ImageCache cache;
  GuestCaps caps = GuestCaps.NONE;

  /** Who judges images in its place, from the next start of the agent on. */
  Optional<ImageJudge> judge = Optional.empty();

  private final List<BootReceipts.Boot> receipts = new CopyOnWriteArrayList<>();
  private volatile boolean receiptsFail;
  private final List<String> audited = new CopyOnWriteArrayList<>();
  private JournalWatcher watchedBy;

  /** Where its neighbour's guests run, if that is real and another one. */
  Optional<Hypervisor> elsewhere = Optional.empty();

  /** A clock that a test moves. */
  static final class MovableClock extends Clock {
    private final Instant start = Instant.parse("2026-11-20T12:00:00Z");
    private final long nanos = System.nanoTime();
    private volatile Duration jumped = Duration.ZERO;
    private volatile Optional<Instant> held = Optional.empty();

    void jump(Duration by) {
      jumped = jumped.plus(by);
    }

    /** It moves no more but by jumps, however long the machine takes. */
    void hold() {
      held = Optional.of(running());
    }

    private Instant running() {
      return start.plusNanos(System.nanoTime() - nanos);
    }

    @Override
    public ZoneOffset getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(java.time.ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return held.orElseGet(this::running).plus(jumped);
    }
  }

  TestNode(Path root) {
    this(root, new InMemoryHypervisor(), new InMemoryNetwork(), new PlainDisks());
  }

  /** On another hypervisor, which is not closed with the node. */
  TestNode(Path root, Hypervisor machine, InMemoryNetwork network, DiskMaker disks) {
    this(root, machine, network, disks, Optional.empty());
  }

  /** With images of a repository that another node fetches from, too. */
  private TestNode(
      Path root,
      Hypervisor machine,
      InMemoryNetwork network,
      DiskMaker disks,
      Optional<TestImages> shared) {
    this.root = root;
    this.machine = machine;
    this.hypervisor = machine instanceof InMemoryHypervisor memory ? memory : null;
    this.network = network;
    this.disks = disks;
    try {
      this.images =
          shared.isPresent()
              ? shared.get()
              : new TestImages(Files.createDirectories(root.resolve("repository")), clock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(JournalWatcher.NONE);
  }

  /**
   * Another node of the same site, with disks of the same kind; on a hypervisor of its own where
   * this one's is in memory.
   */
  TestNode neighbour(Path folder) {
    try {
      // The hypervisor's user passes through it to the guests' disks.
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Hypervisor other = hypervisor == null ? elsewhere.orElse(machine) : new InMemoryHypervisor();
    return new TestNode(folder, other, network.another(), disks, Optional.of(images));
  }

  /** Whether the agent that runs now is the one that this watches. */
  boolean journalIsOf(JournalWatcher watcher) {
    return watchedBy == watcher;
  }

  /** Starts an agent on what is there; the one before it must be gone. */
  void start(JournalWatcher watcher) {
    try {
      watchedBy = watcher;
      network.restarted();
      journal = FileJournal.open(root.resolve("journal"), watcher, clock, page -> {});
      cache =
          new ImageCache(
              root.resolve("images"),
              64 << 20,
              images,
              judge.orElse(images),
              new TestPapers(),
              FileVerity.NONE,
              CacheTrail.NONE,
              clock,
              new SimpleMeterRegistry());
      GuestFolders folders = new GuestFolders(root.resolve("guests"), devices);
      ServiceMemory memory = ServiceMemory.open(root.resolve("service.json"));
      Hooks hooks =
          new Hooks(
              cache,
              network,
              disks,
              folders,
              machine,
              restraints(),
              machine.capabilities(),
              List.of(),
              memory::instance,
              this::receipt,
              peers,
              clock);
      guests =
          new Guests(
              journal, hooks, folders, machine, limits, patience, waiters, AuditTrail.NONE, clock);
      snapshots = new SnapshotOrders(guests, hooks, limits, clock);
      handOvers =
          new HandOvers(guests, hooks, folders, limits, machine.capabilities(), this::audit, clock);
      handed = new HandedFiles(guests, folders);
      watch = new GuestWatch(guests, machine, Duration.ofSeconds(5), this::audit, clock);
      reaper = new Reaper(guests, memory, AuditTrail.NONE);
      network.recover(
          journal.all().stream().flatMap(record -> record.attachment().stream()).toList());
      guests.recover();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (HypervisorException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends the agent as SIGTERM does, or picks up after one that was killed. */
  void stop() {
    guests.close();
    cache.close();
    journal.close();
  }

  /** As the settings of this test say. */
  Restraints restraints() {
    return new Restraints(machine, caps);
  }

  private void receipt(BootReceipts.Boot boot) throws IOException {
    if (receiptsFail) {
      throw new IOException("no room");
    }
    try {
      GuestState state = machine.inspect(boot.record().id()).orElseThrow().state();
      if (state != GuestState.PAUSED) {
        throw new IllegalStateException("a receipt is written before the guest runs: " + state);
      }
    } catch (HypervisorException e) {
      throw new IOException(e);
    }
    receipts.add(boot);
  }

  /** The receipts of all boots, oldest first. */
  List<BootReceipts.Boot> receipts() {
    return receipts;
  }

  /** From now on, whether no receipt can be written. */
  void receiptsFail(boolean fail) {
    receiptsFail = fail;
  }

  private void audit(String event, Map<String, String> facts) {
    audited.add(event + " " + facts.get("workspace"));
  }

  /** What the watch did, like {@code lease.ended 8d0e...}. */
  List<String> audited() {
    return audited;
  }

  /** From now on guests boot this disk, where the hypervisor runs what is on it. */
  void boots(Path disk) {
    bootable = Optional.of(disk);
  }

  /** Publishes what the guests of a story boot. */
  SignedImage publish(String signer) {
    return bootable
        .map(disk -> images.publish(disk, signer))
        .orElseGet(() -> images.publish(1 << 20, 7, signer));
  }

  GuestOrder order(SignedImage papers) {
    return order(UUID.randomUUID(), papers);
  }

  GuestOrder order(UUID id, SignedImage papers) {
    return order(id, papers, OnCrash.END);
  }

  GuestOrder order(UUID id, SignedImage papers, OnCrash onCrash) {
    return new GuestOrder(
        id,
        "test",
        "/DC=org/DC=hospes/CN=Ada Physicist",
        Optional.of("demo"),
        TestImages.digestOf(papers),
        papers,
        List.of(URI.create("https://repository.test/x")),
        1,
        256L << 20,
        1 << 20,
        List.of(new ForwardRequest(OptionalInt.empty(), 80)),
        Optional.of("ssh-ed25519 AAAA ada"),
        Optional.of("#!/bin/sh\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        onCrash,
        clock.instant().plus(Duration.ofHours(1)));
  }

  /** Everything below the state directory that belongs to one guest. */
  List<Path> remains(UUID id) {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> path.toString().contains(id.toString())).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Disks that hold nothing, made as atomically as a file can be. */
  static final class PlainDisks implements DiskMaker {
    @Override
    public GuestDisk overlay(Path file, DiskLayer base, long virtualBytes) {
      touch(file);
      return GuestDisk.overlay(file, base);
    }

    @Override
    public GuestDisk scratch(Path file, long bytes) {
      touch(file);
      return GuestDisk.writable(file);
    }

    @Override
    public void seed(Path file, GuestOrder order) {
      byte[] seed = (order.id() + " " + order.sshKey()).getBytes(StandardCharsets.UTF_8);
      try {
        if (!Files.exists(file) || !Arrays.equals(seed, Files.readAllBytes(file))) {
          Path made = Files.write(file.resolveSibling(".seed"), seed);
          Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void copy(Path from, Path to, boolean writable, BooleanSupplier abandoned) {
      try {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void flatten(Path overlay, Path to, long virtualBytes, BooleanSupplier abandoned) {
      copy(overlay, to, true, abandoned);
    }

    @Override
    public long flatBytes(Path overlay) {
      return taken(overlay);
    }

    @Override
    public long taken(Path file) {
      try {
        return Files.size(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public long room(Path folder) {
      return 1L << 40;
    }

    @Override
    public boolean rebase(Path overlay, DiskLayer base, long virtualBytes) {
      return false;
    }

    @Override
    public void adopt(Path fetched, Path place, boolean writable) {
      try {
        Files.move(fetched, place, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void touch(Path file) {
      try {
        if (Files.exists(file)) {
          return;
        }
        Files.write(file, new byte[512]);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
