package org.hospes.node.journal;

/** What is wanted of a guest; how far it came is told by the hooks. */
public enum Goal {
  PREPARED,
  RUNNING,
  /** The domain is gone, the disk is kept. */
  STOPPED,
  /** Nothing is left. Final: no other goal follows. */
  REMOVED
}
