package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace start}. */
@Command(
    name = "start",
    description = "Switch a stopped workspace on again, with the disk that it left.")
final class Start extends Wish {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.start(whole);
  }

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return workspace.state().equals("RUNNING");
  }
}
