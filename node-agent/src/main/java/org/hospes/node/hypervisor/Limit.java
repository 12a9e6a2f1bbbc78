package org.hospes.node.hypervisor;

/** What a guest can be held to, where the node can do it. */
public enum Limit {
  /** {@link GuestLimits#cpuPercent()}. */
  CPU_CAP,
  /** {@link GuestLimits#diskRate()}. */
  DISK_RATE
}
