package org.hospes.service.node;

import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.security.RawConnection;

/** Guests' consoles to type on. Safe for use by many threads. */
public interface NodeConsoles {
  /** From whom a console may be taken over. */
  enum Over {
    NOBODY,
    /** From the same person. */
    SELF,
    ANYBODY
  }

  /**
   * Opens a guest's console; it is one person's until the connection ends.
   *
   * @param holder for whom
   * @throws NodeRefusedException CONFLICT when somebody else is on it, or the guest does not run
   */
  RawConnection open(Node node, WorkspaceId id, DistinguishedName holder, Over over)
      throws NodeUnreachableException, NodeRefusedException;
}
