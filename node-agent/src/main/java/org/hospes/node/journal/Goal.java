package org.hospes.node.journal;

/** What is wanted of a guest; how far it came is told by the hooks. */
public enum Goal {
  PREPARED,
  RUNNING,
  /** Its processors stand still, its memory is kept. */
  PAUSED,
  /** The domain is gone, the disk is kept and sealed; it may be wanted to run again. */
  STOPPED,
  /** The domain is gone, its memory and its disk are kept and sealed; it may go on from there. */
  SUSPENDED,
  /** Nothing is left. Final: no other goal follows. */
  REMOVED
}
