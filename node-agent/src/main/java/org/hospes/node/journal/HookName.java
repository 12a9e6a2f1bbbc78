package org.hospes.node.journal;

/** The hooks of a sandbox, in the order in which they are done; they are undone in reverse. */
public enum HookName {
  /** The base image is in the cache, verified, and held there. */
  IMAGE,
  /** Address, DHCP, forwards and rules stand. */
  NETWORK,
  /** The guest's own writable layer over the base, and its scratch disk. */
  DISK,
  /** The read-only disk with key and user data. */
  SEED,
  /** The domain exists, paused. */
  DOMAIN,
  /** What the hypervisor holds open is what was verified. */
  COMPARED,
  /** The rules were read back from the kernel. */
  SANDBOXED,
  /** The guest runs. */
  RESUMED;

  /** The last hook of {@code prepare}; those after it belong to {@code start}. */
  public static final HookName LAST_OF_PREPARE = SEED;
}
