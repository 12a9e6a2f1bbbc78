package org.hospes.node.hypervisor;

/** What a guest's domain is doing. A guest that is gone has no state at all. */
public enum GuestState {
  /** Its processors stand still, since its start or by the hypervisor. */
  PAUSED,
  RUNNING,
  /** It stopped by itself, powered off or crashed, and the hypervisor has not yet let go of it. */
  ENDED
}
