package org.hospes.node.libvirt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.hospes.image.DiskFormat;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestInterface;
import org.hospes.node.hypervisor.GuestLimits;
import org.hospes.node.hypervisor.GuestMetadata;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.Limit;
import org.hospes.node.hypervisor.LimitsContract;
import org.hospes.node.hypervisor.TinyDisk;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What limits do to guests on a QEMU node whose libvirtd has control groups. */
@Tag("lab")
final class LimitsLabTest implements LimitsContract {
  private static final Duration LONGEST = Duration.ofSeconds(120);

  private static LabNode node;
  private static LibvirtHypervisor hypervisor;
  private static Path folder;

  private TinyDisk.Then then = TinyDisk.Then.HALT;

  @BeforeAll
  static void raise() throws Exception {
    assumeTrue(
        LabNode.machineHasControlGroups(),
        "no processor controller of version 1 on this machine, which a node's own could be made of");
    node = LabNode.raise("hvlim", true);
    hypervisor = LibvirtHypervisor.open(node.settings(), Clock.systemUTC());
    folder = node.folder();
  }

  @AfterAll
  static void takeDown() throws Exception {
    try {
      if (hypervisor != null) {
        hypervisor.close();
      }
    } finally {
      if (node != null) {
        node.close();
      }
    }
  }

  @Override
  public Hypervisor hypervisor() {
    return hypervisor;
  }

  /** A scratch disk beside its first one, so that there are two that share a rate. */
  @Override
  public GuestSpec guest() throws Exception {
    UUID id = UUID.randomUUID();
    Path base = Files.write(folder.resolve("base-" + id), TinyDisk.bytes(then));
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("r--r--r--"));
    GuestDisks disks = new GuestDisks(DiskTools.usual(), hypervisor.capabilities().guestOwner());
    GuestDisk first =
        disks.overlay(
            folder.resolve("overlay-" + id), new DiskLayer(base, DiskFormat.RAW), Files.size(base));
    GuestDisk second = disks.scratch(folder.resolve("scratch-" + id), 1 << 20);
    String digits = id.toString().substring(0, 8);
    return new GuestSpec(
        id,
        GuestSpec.nameOf(id),
        1,
        32L << 20,
        OptionalInt.of(512),
        List.of(first, second),
        new GuestInterface(
            LabNode.BRIDGE,
            "hg" + digits,
            "52:54:00:%s:%s:%s"
                .formatted(digits.substring(0, 2), digits.substring(2, 4), digits.substring(4, 6))),
        new GuestBoot.OwnLoader(),
        folder.resolve("console-" + id),
        new GuestMetadata(id, "/CN=Ada", java.time.Instant.parse("2030-01-01T00:00:00Z"), "s"));
  }

  @Test
  void theNodeCanKeepBoth() throws Exception {
    hypervisor.requireLimits(Set.of(Limit.CPU_CAP, Limit.DISK_RATE));
    assertTrue(hypervisor.foreign().isEmpty(), "what was made to find out is gone");
  }

  @Test
  void aGuestThatIsBusyGetsItsShareOfAProcessorOnly() throws Exception {
    then = TinyDisk.Then.REPEAT;
    GuestSpec spec = guest();
    try {
      hypervisor.startPaused(spec);
      hypervisor.limit(spec.id(), new GuestLimits(OptionalInt.of(20), OptionalLong.empty()));
      hypervisor.resume(spec.id());
      // 0.6 s of a processor at a fifth of one take 3 s; the quota's own grain is a tenth of one.
      long ticks = cpuTicks(spec);
      assertTrue(takes(() -> cpuTicks(spec) >= ticks + 60) >= 2.5);
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void aGuestThatReadsAllTheTimeGetsItsRateOnly() throws Exception {
    then = TinyDisk.Then.READ;
    GuestSpec spec = guest();
    try {
      hypervisor.startPaused(spec);
      hypervisor.resume(spec.id());
      long before = bytesRead(spec);
      // Without a rate, the same and much more is read meanwhile.
      takes(() -> bytesRead(spec) >= before + 3_000_000);
      hypervisor.limit(spec.id(), new GuestLimits(OptionalInt.empty(), OptionalLong.of(1_000_000)));
      long then = bytesRead(spec);
      assertTrue(takes(() -> bytesRead(spec) >= then + 3_000_000) >= 2.5);
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void limitsOutliveLibvirtd() throws Exception {
    GuestLimits limits = new GuestLimits(OptionalInt.of(20), OptionalLong.of(1 << 20));
    GuestSpec spec = guest();
    try {
      hypervisor.startPaused(spec);
      hypervisor.limit(spec.id(), limits);
      node.libvirtd("kill");
      node.libvirtd("start");
      assertEquals(limits, hypervisor.limits(spec.id()));
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  @Test
  void aDiskThatSomebodyFreedIsToldAsFree() throws Exception {
    GuestSpec spec = guest();
    try {
      hypervisor.startPaused(spec);
      hypervisor.limit(spec.id(), new GuestLimits(OptionalInt.empty(), OptionalLong.of(1 << 20)));
      node.inside(
          "virsh",
          "-q",
          "blkdeviotune",
          spec.name(),
          "vdb",
          "--read-bytes-sec",
          "0",
          "--write-bytes-sec",
          "0");
      assertFalse(hypervisor.limits(spec.id()).diskRate().isPresent());
    } finally {
      hypervisor.destroy(spec.id());
    }
  }

  private interface Condition {
    boolean met() throws Exception;
  }

  /** Seconds until it is so. A machine that is slow makes it more, never less. */
  private static double takes(Condition condition) throws Exception {
    long begun = System.nanoTime();
    while (!condition.met()) {
      if (System.nanoTime() - begun > LONGEST.toNanos()) {
        throw new AssertionError("not within " + LONGEST);
      }
      Thread.sleep(20);
    }
    return (System.nanoTime() - begun) / 1e9;
  }

  /** Hundredths of a second that all threads of the guest's process had a processor. */
  private static long cpuTicks(GuestSpec spec) throws Exception {
    String[] fields =
        Files.readString(process(spec).resolve("stat")).replaceFirst("^.*\\) ", "").split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  private static long bytesRead(GuestSpec spec) throws Exception {
    Optional<String> line =
        Files.readAllLines(process(spec).resolve("io")).stream()
            .filter(each -> each.startsWith("rchar: "))
            .findFirst();
    return Long.parseLong(line.orElseThrow().substring("rchar: ".length()));
  }

  private static Path process(GuestSpec spec) throws Exception {
    List<Long> found =
        new GuestProcesses(Path.of("/proc"), node.namespace()).find("-uuid", spec.id().toString());
    assertEquals(1, found.size());
    return Path.of("/proc", found.get(0).toString());
  }
}
