package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace rollback}. */
@Command(
    name = "rollback",
    description =
        "Give a stopped or suspended workspace the disk that a snapshot holds; what it wrote since"
            + " is gone. With the memory in it, too, the workspace is suspended, otherwise"
            + " stopped.")
final class Rollback extends SnapshotVerb {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.rollback(whole, name);
  }
}
