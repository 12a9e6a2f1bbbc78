package org.hospes.service.workspace;

/** A move that the table of states does not have. */
public final class IllegalTransition extends IllegalStateException {
  private static final long serialVersionUID = 1L;
  private final transient WorkspaceId id;
  private final State from;
  private final State to;

  public IllegalTransition(WorkspaceId id, State from, State to) {
    super("workspace " + id + " cannot go from " + from + " to " + to);
    this.id = id;
    this.from = from;
    this.to = to;
  }

  public WorkspaceId id() {
    return id;
  }

  public State from() {
    return from;
  }

  public State to() {
    return to;
  }
}
