package org.hospes.service.workspace;

/**
 * What is wanted of a workspace. All but {@link #DESTROY} follow each other as people wish; that
 * one wins over them, and nothing follows it.
 */
public enum Goal {
  RUN,
  /** Its processors standing still. */
  PAUSE,
  /** Off, its disk and its place kept. */
  STOP,
  /** Off, and then {@link #RUN}: it becomes that as soon as the guest is off. */
  REBOOT,
  DESTROY
}
