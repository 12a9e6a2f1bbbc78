package org.hospes.service.node;

import java.io.InputStream;
import org.hospes.image.Digest;
import org.hospes.service.workspace.WorkspaceId;

/** Files that nodes hand out. Safe for use by many threads. */
public interface NodeFiles {
  /**
   * Opens part of the one file that a guest's disk was made; closing the stream early gives up the
   * rest of it. The stream may end early when the connection breaks; who reads counts.
   *
   * @param digest what the whole file must be
   * @param from the first byte
   * @param to one past the last byte
   * @throws NodeRefusedException NOT_FOUND when it is not there any more, CONFLICT when it is
   *     another one
   */
  InputStream flatDisk(Node node, WorkspaceId id, Digest digest, long from, long to)
      throws NodeUnreachableException, NodeRefusedException;
}
