package org.hospes.node.hypervisor;

/** What not every hypervisor can do with a guest that runs. */
public enum Ability {
  /** Ask it to power itself off: {@link Hypervisor#shutDown}. */
  STOP
}
