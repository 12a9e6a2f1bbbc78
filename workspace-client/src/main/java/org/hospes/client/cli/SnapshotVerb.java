package org.hospes.client.cli;

import java.util.Optional;
import org.hospes.client.Failure;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Parameters;

/** A verb that wants something done with a snapshot of a workspace that is off or suspended. */
abstract class SnapshotVerb extends Wish {
  @Parameters(index = "1", paramLabel = "NAME", description = "The snapshot's name.")
  String name;

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return (workspace.state().equals("STOPPED") && workspace.goal().equals("STOP"))
        || (workspace.state().equals("SUSPENDED") && workspace.goal().equals("SUSPEND"));
  }

  @Override
  Optional<Failure> setback(WorkspaceView workspace) {
    return workspace.setback() == null
        ? Optional.empty()
        : Optional.of(Failure.of(workspace.setback()));
  }
}
