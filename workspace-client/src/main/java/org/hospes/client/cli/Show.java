package org.hospes.client.cli;

import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace show}. */
@Command(name = "show", description = "One workspace: its state, the reason, its timeline.")
final class Show extends Verb {
  @Parameters(
      paramLabel = "ID",
      description = "The id, the beginning of it, or a name that only one of yours has.")
  String id;

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceView workspace = session.workspaces().describe(id);
    output().print(workspace, out -> Summary.print(workspace, out));
    return Exit.DONE;
  }
}
