package org.hospes.node.hypervisor;

import java.util.EnumSet;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What one guest may take at most of what the node's own users need too.
 *
 * @param cpuPercent of one processor of the machine, for all processors of the guest together: 150
 *     is one and a half
 * @param diskRate bytes a second that the guest may read from its disks, all of them together, and
 *     as many that it may write
 */
public record GuestLimits(OptionalInt cpuPercent, OptionalLong diskRate) {
  /** As much as there is. */
  public static final GuestLimits NONE = new GuestLimits(OptionalInt.empty(), OptionalLong.empty());

  public GuestLimits {
    if (cpuPercent.isPresent() && cpuPercent.getAsInt() < 1) {
      throw new IllegalArgumentException("a guest gets 1 % or more, not " + cpuPercent.getAsInt());
    }
    if (diskRate.isPresent() && diskRate.getAsLong() < 1) {
      throw new IllegalArgumentException("a guest gets a byte a second or more");
    }
  }

  /** The kinds that are set here. */
  public Set<Limit> kinds() {
    Set<Limit> kinds = EnumSet.noneOf(Limit.class);
    if (cpuPercent.isPresent()) {
      kinds.add(Limit.CPU_CAP);
    }
    if (diskRate.isPresent()) {
      kinds.add(Limit.DISK_RATE);
    }
    return kinds;
  }

  /** For people: "30 % of a processor, 1000000 bytes/s of disk each way". */
  @Override
  public String toString() {
    return (cpuPercent.isPresent() ? cpuPercent.getAsInt() + " % of a processor" : "any processor")
        + ", "
        + (diskRate.isPresent()
            ? diskRate.getAsLong() + " bytes/s of disk each way"
            : "any rate of disk");
  }
}
