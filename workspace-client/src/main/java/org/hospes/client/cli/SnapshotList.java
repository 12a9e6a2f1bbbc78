package org.hospes.client.cli;

import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace snapshot list}. */
@Command(name = "list", description = "The snapshots of a workspace, the oldest first.")
final class SnapshotList extends Verb {
  @Parameters(paramLabel = "ID", description = "Id, beginning of one, or name.")
  String id;

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceView workspace = session.workspaces().describe(id);
    output()
        .print(
            workspace.snapshots(),
            out -> {
              Table table = new Table("name", "taken at", "size", "memory", "disk is the same");
              for (WorkspaceView.Snapshot s : workspace.snapshots()) {
                table.row(
                    s.name(),
                    s.takenAt(),
                    ByteSize.format(s.bytes()),
                    s.memory() ? "yes" : "no",
                    s.current() ? "yes" : "no");
              }
              table.print(out);
            });
    return Exit.DONE;
  }
}
