package org.hospes.service.workspace;

/**
 * What is wanted of a workspace. {@link #RUN} and {@link #STOP} follow each other as people wish;
 * {@link #DESTROY} wins over both, and nothing follows it.
 */
public enum Goal {
  RUN,
  /** Off, its disk and its place kept. */
  STOP,
  DESTROY
}
