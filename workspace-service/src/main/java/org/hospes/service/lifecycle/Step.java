package org.hospes.service.lifecycle;

import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Workspace;

/**
 * What is done with a workspace in one state, for one goal. May be killed at any point and is then
 * taken again from what was saved, so each must be repeatable.
 */
interface Step {
  /**
   * Goes one step towards the goal.
   *
   * @param attempt how often a node refused, since it last ran or was wanted otherwise, for reasons
   *     that may pass
   * @throws NodeUnreachableException to be taken again later
   * @throws NodeRefusedException the driver decides whether it is final
   */
  Next advance(Workspace workspace, int attempt)
      throws NodeUnreachableException, NodeRefusedException;
}
