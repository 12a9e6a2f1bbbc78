package org.hospes.service.node;

import org.hospes.service.workspace.Refusal;

/** The node answered that it will not, and why. */
public final class NodeRefusedException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient Refusal refusal;

  public NodeRefusedException(Refusal refusal) {
    super(refusal.message());
    this.refusal = refusal;
  }

  public Refusal refusal() {
    return refusal;
  }
}
