package org.hospes.node.hypervisor;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * A guest to start, with nothing left to guess.
 *
 * @param id workspace id; becomes the domain's UUID
 * @param name the domain's name: unique on the node, so made from the id ({@link #nameOf})
 * @param cpus virtual processors, 1 or more; a hard limit
 * @param memoryBytes a hard limit, a multiple of 1 MiB
 * @param cpuShares weight against other guests when processors are short (1024 is usual); left out
 *     where the node has no control groups to keep it ({@link Capabilities#cpuShares()})
 * @param disks in the order the guest sees them; the first one boots
 * @param network its one interface
 * @param consoleLog absolute path for the serial console's output; its folder exists
 */
public record GuestSpec(
    UUID id,
    String name,
    int cpus,
    long memoryBytes,
    OptionalInt cpuShares,
    List<GuestDisk> disks,
    GuestInterface network,
    GuestBoot boot,
    Path consoleLog,
    GuestMetadata metadata) {

  private static final int MOST_DISKS = 8;

  public GuestSpec {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(network, "network");
    Objects.requireNonNull(boot, "boot");
    Objects.requireNonNull(cpuShares, "cpuShares");
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
      throw new IllegalArgumentException("not a name for a domain: " + name);
    }
    if (cpus < 1) {
      throw new IllegalArgumentException("a guest has at least one processor, not " + cpus);
    }
    if (memoryBytes < 1 << 20 || memoryBytes % (1 << 20) != 0) {
      throw new IllegalArgumentException("memory is whole MiB, not " + memoryBytes + " bytes");
    }
    if (cpuShares.isPresent() && (cpuShares.getAsInt() < 2 || cpuShares.getAsInt() > 262_144)) {
      throw new IllegalArgumentException("CPU shares are 2 to 262144, not " + cpuShares.getAsInt());
    }
    disks = List.copyOf(disks);
    if (disks.isEmpty() || disks.size() > MOST_DISKS) {
      throw new IllegalArgumentException("a guest has 1 to 8 disks, not " + disks.size());
    }
    if (!consoleLog.isAbsolute()) {
      throw new IllegalArgumentException("console path is not absolute: " + consoleLog);
    }
    XmlText.require("console path", consoleLog.toString());
    if (!metadata.workspace().equals(id)) {
      throw new IllegalArgumentException(
          "metadata is of workspace " + metadata.workspace() + ", not of " + id);
    }
  }

  /**
   * A digest of all that makes this guest what it is (not of whose it is or how long it may live):
   * two specifications of one workspace are the same guest when their fingerprints are equal. The
   * domain carries it.
   */
  public String fingerprint() {
    return SpecFingerprint.of(this);
  }

  /** The domain name that a workspace's guest goes by. */
  public static String nameOf(UUID id) {
    return "hospes-" + id;
  }
}
