package org.hospes.service.node;

/** How far a node has come with a guest. */
public enum GuestPhase {
  /** Nothing of it is there. */
  ABSENT,
  PREPARING,
  PREPARED,
  STARTING,
  RUNNING,
  /** Its processors stand still, as was wanted. */
  PAUSED,
  STOPPING,
  /** It stopped as it was told; its disks are there, and it may be started again. */
  STOPPED,
  /** It is stopped, and something is being done with a snapshot of its disks. */
  COPYING,
  /** Its memory is being written. */
  SUSPENDING,
  /** Its memory and its disks are there, and it may go on from there. */
  SUSPENDED,
  /** It is being taken over from another node; STOPPED or SUSPENDED follows, or FAILED. */
  RECEIVING,
  /** It stopped by itself; its disks are still there. */
  ENDED,
  REMOVING,
  /** It cannot be; {@link Guest#refusal()} says why. */
  FAILED
}
