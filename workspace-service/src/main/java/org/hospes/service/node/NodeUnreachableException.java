package org.hospes.service.node;

/** The node did not answer; whether it did what was asked is not known. Ask again. */
public final class NodeUnreachableException extends Exception {
  private static final long serialVersionUID = 1L;

  public NodeUnreachableException(String node, String why, Throwable cause) {
    super("node " + node + " does not answer: " + why, cause);
  }
}
