package org.hospes.service.workspace;

/**
 * What is wanted of a workspace. All but {@link #DESTROY} follow each other as people wish; what is
 * done with a snapshot ends in {@link #STOP} or {@link #SUSPEND} again, as the guest then is, and
 * {@link #MIGRATE} in what was wanted before. {@link #DESTROY} wins over them, and nothing follows
 * it.
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
  /** Off or suspended as before, with a snapshot of what it left. */
  SNAPSHOT,
  /** With the disk that a snapshot holds, and suspended if its memory is in it. */
  ROLLBACK,
  /** Off or suspended as before, without one of its snapshots. */
  DELETE_SNAPSHOT,
  /** On another node, and then what was wanted before. */
  MIGRATE,
  /** Off as before, with its disk made one file that can be fetched. */
  FLATTEN,
  DESTROY
}
