package org.hospes.node.sandbox;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.hospes.node.hypervisor.GuestLimits;
import org.hospes.node.journal.GuestOrder;
import org.hospes.settings.ByteSize;

/**
 * What this node lets a guest take of what its own users need too.
 *
 * @param cpuPercent of one processor of the machine, for each processor of the guest
 * @param diskRate bytes a second from all disks of the guest, and as many to them
 */
public record GuestCaps(OptionalInt cpuPercent, OptionalLong diskRate) {
  public static final GuestCaps NONE = new GuestCaps(OptionalInt.empty(), OptionalLong.empty());

  private static final long SLOWEST = 64L << 10;
  private static final long FASTEST = 100L << 30;

  /**
   * The text as bytes a second, when it is a rate at which a guest still boots.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  public static OptionalLong requireDiskRate(String text) {
    long bytes = ByteSize.parse(text);
    if (bytes < SLOWEST || bytes > FASTEST) {
      throw new IllegalArgumentException(
          "bytes a second expected, 64K to 100G, '" + text + "' found");
    }
    return OptionalLong.of(bytes);
  }

  /** For a guest of this order. */
  GuestLimits of(GuestOrder order) {
    return new GuestLimits(
        cpuPercent.isPresent()
            ? OptionalInt.of(cpuPercent.getAsInt() * order.cpus())
            : OptionalInt.empty(),
        diskRate);
  }
}
