package org.hospes.service.workspace;

/**
 * Every kind of save that changes what the service will do next. A kill before or after any of
 * them, followed by a restart, must lead to the same end; the kill tests walk this list.
 */
public enum SavedMove {
  /** A request became a workspace. The answer goes out after it. */
  ACCEPTED,
  /** A node was chosen and its capacity reserved. */
  PLACED,
  /** The node holds all the guest needs. */
  STAGED,
  /** The guest runs. */
  STARTED,
  /** The node lost what it had staged; it is staged again. */
  STAGING_AGAIN,
  /** Its lease ends later. */
  EXTENDED,
  /** The owner or an operator wants its processors to stand still. */
  PAUSE_ASKED,
  /** They do. */
  PAUSED,
  /** The owner or an operator wants them to run again. */
  RESUME_ASKED,
  /** They do. */
  RESUMED,
  /** The owner or an operator wants its memory on disk. */
  SUSPEND_ASKED,
  /** It is there. */
  SUSPENDED,
  /** The owner or an operator wants it off, its disk kept. */
  STOP_ASKED,
  /** The guest is off. */
  STOPPED,
  /** The owner or an operator wants a stopped one to run again. */
  START_ASKED,
  /** The guest runs again. */
  STARTED_AGAIN,
  /** Its node would not start it again: it rests as it was, and may be asked for anew. */
  START_REFUSED,
  /** The owner or an operator wants it off and running again. */
  REBOOT_ASKED,
  /** The guest is off, and wanted running from now on. */
  OFF_TO_REBOOT,
  /** The owner or an operator wants a snapshot of its disk. */
  SNAPSHOT_ASKED,
  /** The node keeps it. */
  SNAPSHOT_TAKEN,
  /** The owner or an operator wants its disk to be what a snapshot holds. */
  ROLLBACK_ASKED,
  /** It is. */
  ROLLED_BACK,
  /** The owner or an operator wants a snapshot gone. */
  SNAPSHOT_DELETION_ASKED,
  /** It is. */
  SNAPSHOT_DELETED,
  /** The owner or an operator wants its disk as one file. */
  SAVE_ASKED,
  /** The node keeps that. */
  FLATTENED,
  /**
   * The node could not do what was wanted with a snapshot or the disk; the workspace is as before.
   */
  SNAPSHOT_FAILED,
  /** The owner or an operator wants it on another node, whose capacity is reserved. */
  MIGRATION_ASKED,
  /** The other node has all of it; from now on it is there. */
  MIGRATED,
  /** Nothing comes of its migration; the node where it is shall have it back. */
  MIGRATION_GIVEN_UP,
  /** That node has it back; the workspace is wanted as before. */
  MIGRATION_UNDONE,
  /** Nothing of it is left on a node where it once was, or was to be. */
  REMAINS_REMOVED,
  /** The owner or an operator wants it gone. */
  DESTROY_ASKED,
  /** The lease is over. */
  LEASE_ENDED,
  /** The guest ended by itself. */
  GUEST_ENDED,
  /** The node refused for good; its remains are removed next. */
  REFUSED,
  /** The node went silent. */
  LOST_SIGHT,
  /** The node speaks again. */
  FOUND_AGAIN,
  /** Nothing is left of it, as was wanted. */
  DESTROYED,
  /** Nothing is left of it, and it never became what was wanted. */
  FAILED,
  /** Only the reason for people, or what the node told about a running guest, changed. */
  NOTED
}
