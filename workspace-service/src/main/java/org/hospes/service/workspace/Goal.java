package org.hospes.service.workspace;

/**
 * What is wanted of a workspace. All but {@link #DESTROY} follow each other as people wish; what is
 * done with a snapshot ends in {@link #STOP} again, and {@link #MIGRATE} in what was wanted before.
 * {@link #DESTROY} wins over them, and nothing follows it.
 */
public enum Goal {
  RUN,
  /** Its processors standing still. */
  PAUSE,
  /** Its memory on disk, its place kept. */
  SUSPEND,
  /** Off, its disk and its place kept. */
  STOP,
  /** Off, and then {@link #RUN}: it becomes that as soon as the guest is off. */
  REBOOT,
  /** Off as before, with a snapshot of its disk. */
  SNAPSHOT,
  /** Off as before, with the disk that a snapshot holds. */
  ROLLBACK,
  /** Off as before, without one of its snapshots. */
  DELETE_SNAPSHOT,
  /** On another node, and then what was wanted before. */
  MIGRATE,
  /** Off as before, with its disk made one file that can be fetched. */
  FLATTEN,
  DESTROY
}
