package org.hospes.service.workspace;

/** What is wanted of a workspace. It changes once, from {@link #RUN} to {@link #DESTROY}. */
public enum Goal {
  RUN,
  DESTROY
}
