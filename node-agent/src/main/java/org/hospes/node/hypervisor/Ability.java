package org.hospes.node.hypervisor;

/** What not every node can do with a guest that ran. */
public enum Ability {
  /** Have its processors stand still: {@link Hypervisor#suspend}. */
  PAUSE,
  /** Ask it to power itself off: {@link Hypervisor#shutDown}. */
  STOP,
  /** Type on its console: {@link Hypervisor#openConsole}. */
  ATTACH,
  /**
   * Keep and bring back copies of its disks while it is off. The agent does it by itself, alike on
   * every hypervisor; an older agent does not say so.
   */
  SNAPSHOT,
  /** Write its memory to a file and go on from there later: {@link Hypervisor#save}. */
  SUSPEND,
  /**
   * Write it while the guest runs on, again and again what it changed meanwhile, so that it stands
   * still for the last of it alone. Nobody asks for it: every {@link Hypervisor#save} is such a one
   * then.
   */
  LIVE,
  /**
   * Leave a guest that is off, or whose memory is saved, to another node, and take one up from
   * there. The agents do it by themselves; an older agent does not say so.
   */
  MIGRATE,
  /**
   * Let the node that a guest is to go to copy its files while it runs, and copy them so. The
   * agents do it by themselves; an older agent does not say so.
   */
  AHEAD
}
