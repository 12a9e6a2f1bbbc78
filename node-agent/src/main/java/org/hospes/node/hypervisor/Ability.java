package org.hospes.node.hypervisor;

/** What not every hypervisor can do with a guest that runs. */
public enum Ability {
  /** Have its processors stand still: {@link Hypervisor#suspend}. */
  PAUSE,
  /** Ask it to power itself off: {@link Hypervisor#shutDown}. */
  STOP,
  /** Type on its console: {@link Hypervisor#openConsole}. */
  ATTACH
}
