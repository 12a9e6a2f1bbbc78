package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace pause}. */
@Command(
    name = "pause",
    description = "Have the processors of a workspace stand still and keep its memory.")
final class Pause extends Wish {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.pause(whole);
  }

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return workspace.state().equals("PAUSED");
  }
}
