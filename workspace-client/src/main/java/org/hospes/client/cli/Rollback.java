package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace rollback}. */
@Command(
    name = "rollback",
    description =
        "Give a stopped workspace the disk that a snapshot holds; what it wrote since is gone.")
final class Rollback extends SnapshotVerb {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.rollback(whole, name);
  }
}
