package org.hospes.client;

import java.util.List;

/**
 * A node that is drained, as {@code node drain -o json} prints it; scripts rely on these names.
 *
 * @param workspaces how many are on it still
 * @param moving how many of them are leaving it now
 * @param stays those that cannot be moved as things are, where they shall be; they are tried again
 */
public record DrainView(String node, int workspaces, int moving, List<Stay> stays) {
  /** One that stays, and why. */
  public record Stay(String id, String name, WorkspaceView.RefusalView why) {}

  /** Whether nothing more comes of waiting. */
  public boolean settled() {
    return workspaces <= stays.size();
  }
}
