package org.hospes.service.workspace;

/** Somebody else saved the workspace in between: read it again and decide anew. */
public final class StaleWorkspaceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StaleWorkspaceException(WorkspaceId id, long version) {
    super("workspace " + id + " is no longer at version " + version);
  }
}
