package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace suspend}. */
@Command(
    name = "suspend",
    description =
        "Write a workspace's memory to its node's disk, to go on from there with 'resume'.")
final class Suspend extends Wish {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.suspend(whole);
  }

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return workspace.state().equals("SUSPENDED");
  }
}
