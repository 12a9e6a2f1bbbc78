package org.hospes.service.workspace;

/**
 * What is wanted of a workspace. {@link #RUN}, {@link #PAUSE} and {@link #STOP} follow each other
 * as people wish; {@link #DESTROY} wins over them, and nothing follows it.
 */
public enum Goal {
  RUN,
  /** Its processors standing still. */
  PAUSE,
  /** Off, its disk and its place kept. */
  STOP,
  DESTROY
}
