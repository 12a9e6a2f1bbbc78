package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace resume}. */
@Command(name = "resume", description = "Let a paused or suspended workspace go on.")
final class Resume extends Wish {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.resume(whole);
  }

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return workspace.state().equals("RUNNING");
  }
}
