package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace snapshot create}. */
@Command(
    name = "create",
    description =
        "Keep a copy of the disk of a stopped workspace, or of disk and memory of a suspended one,"
            + " to go back to.")
final class SnapshotCreate extends SnapshotVerb {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.snapshot(whole, name);
  }
}
