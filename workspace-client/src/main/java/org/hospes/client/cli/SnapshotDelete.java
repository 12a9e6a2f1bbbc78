package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;

/** {@code workspace snapshot delete}. */
@Command(name = "delete", description = "Delete a snapshot.")
final class SnapshotDelete extends SnapshotVerb {
  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.deleteSnapshot(whole, name);
  }
}
