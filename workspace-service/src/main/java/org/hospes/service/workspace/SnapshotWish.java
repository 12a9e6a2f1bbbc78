package org.hospes.service.workspace;

import java.util.UUID;

/**
 * That something is to be done with one snapshot; what, the workspace's goal says.
 *
 * @param token names this wish to the node, which fulfils it once however often it is told
 * @param name of the snapshot
 */
public record SnapshotWish(String token, String name) {
  /** A new wish. */
  public static SnapshotWish of(String name) {
    return new SnapshotWish(UUID.randomUUID().toString(), name);
  }
}
