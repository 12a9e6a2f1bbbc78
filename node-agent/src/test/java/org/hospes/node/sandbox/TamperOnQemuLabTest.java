package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.hospes.image.SignedImage;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.libvirt.LabNode;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Some of {@link TamperTest}'s alterations with real overlays and real guests: after none of them
 * is there a domain.
 */
@Tag("lab")
class TamperOnQemuLabTest {
  private static final int COUNT = Integer.getInteger("tamper.count", 20);
  private static final Duration PATIENT = Duration.ofSeconds(120);
  private static final Set<String> REFUSALS =
      Set.of(
          "image.digest.mismatch",
          "image.changed",
          "disk.altered",
          "seed.altered",
          "memory.altered");

  private enum Target {
    IMAGE,
    UNUSED_OVERLAY,
    OVERLAY,
    SCRATCH,
    SEED,
    MEMORY
  }

  private final long seed = Long.getLong("tamper.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private LibvirtHypervisor hypervisor;
  private TestNode node;
  private Path elsewhere;

  @Test
  void noAlteredByteRuns() throws Exception {
    System.out.println("tamper.seed=" + seed);
    try (LabNode lab = LabNode.raise("tamp");
        LibvirtHypervisor opened = LibvirtHypervisor.open(lab.settings(), Clock.systemUTC())) {
      hypervisor = opened;
      Path root = lab.folder();
      elsewhere = Files.createDirectory(root.resolve("elsewhere"));
      FileDisks disks =
          new FileDisks(new GuestDisks(DiskTools.usual(), opened.capabilities().guestOwner()));
      node = new TestNode(root, opened, new InMemoryNetwork(LabNode.BRIDGE), disks);
      try {
        SignedImage papers = node.images.publish(1 << 20, 1);
        for (int i = 0; i < COUNT; i++) {
          Target target = Target.values()[i % Target.values().length];
          round(target, papers, target + ", alteration " + i + " of tamper.seed=" + seed);
        }
      } finally {
        node.close();
      }
    }
  }

  private void round(Target target, SignedImage papers, String what) throws Exception {
    GuestOrder order = node.order(papers);
    UUID id = order.id();
    GuestView unused = node.guests.prepare(order);
    settled(id, GuestPhase.PREPARED, what);
    Path file = file(target, order);
    if (target == Target.UNUSED_OVERLAY) {
      writeTo(file);
    } else if (target == Target.IMAGE) {
      Means.any(random).alter(file, elsewhere, random);
    } else {
      unused = node.guests.start(id);
      settled(id, GuestPhase.RUNNING, what);
      boolean suspended = target == Target.MEMORY;
      unused = suspended ? node.guests.suspend(id) : node.guests.stop(id, Duration.ofMillis(100));
      settled(id, suspended ? GuestPhase.SUSPENDED : GuestPhase.STOPPED, what);
      Means.any(random).alter(file, elsewhere, random);
    }
    unused = node.guests.start(id);
    settled(id, GuestPhase.FAILED, what);
    Failure why = node.guests.view(id).record().orElseThrow().failure().orElseThrow();
    assertTrue(REFUSALS.contains(why.code()), () -> what + ": " + why);
    assertEquals(List.of(), hypervisor.list(), what);
    unused = node.guests.remove(id, "the next one");
    settled(id, GuestPhase.ABSENT, what);
  }

  /** As if a guest had written to its first cluster: an entry in the table of its clusters. */
  private static void writeTo(Path overlay) throws Exception {
    try (RandomAccessFile bytes = new RandomAccessFile(overlay.toFile(), "rw")) {
      bytes.seek(40);
      long table = bytes.readLong();
      bytes.seek(table);
      bytes.writeLong(1L << 63 | bytes.length() + 65_535 & -65_536);
    }
  }

  private Path file(Target target, GuestOrder order) {
    Path folder = node.root.resolve("guests").resolve(order.id().toString());
    return switch (target) {
      case IMAGE ->
          node.root.resolve("images/sha256").resolve(TestImages.digestOf(order.image()).hex());
      case UNUSED_OVERLAY, OVERLAY -> folder.resolve("disk.qcow2");
      case SCRATCH -> folder.resolve("scratch.raw");
      case SEED -> folder.resolve("seed.iso");
      case MEMORY -> folder.resolve("memory.save");
    };
  }

  private void settled(UUID id, GuestPhase expected, String what) throws Exception {
    assertTrue(node.guests.settled(PATIENT), what + " goes on for ever");
    assertEquals(expected, node.guests.view(id).phase(), () -> what + ": " + node.guests.view(id));
  }
}
