package org.hospes.node.hypervisor;

/** How a guest came to its end by itself, as far as the hypervisor told. */
public enum GuestEnd {
  /** It switched itself off. On some hypervisors a reboot looks the same. */
  POWERED_OFF,
  /** It wanted to be started again. */
  REBOOTED,
  /** Its kernel panicked. */
  CRASHED,
  /** The site's boot loader found nothing on its first disk that could be booted. */
  NEVER_BOOTED,
  /** Nobody listened at the time, or it ended in another way. */
  UNSEEN
}
