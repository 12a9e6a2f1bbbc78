package org.hospes.client.cli;

import java.util.Optional;
import org.hospes.client.Failure;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code workspace migrate}. */
@Command(
    name = "migrate",
    description = {
      "Move a workspace to another node. A guest that runs goes on there from its memory,",
      "and stands still meanwhile; one that is stopped or suspended stays so. Where it",
      "cannot be moved it goes on where it was."
    })
final class Migrate extends Wish {
  @Option(
      names = "--to",
      paramLabel = "NODE",
      description = "A node, as 'workspace node list' shows it (default: the site chooses).")
  Optional<String> to = Optional.empty();

  @Option(
      names = "--cold",
      description = "Stop a guest that runs and start it there; its memory is lost, as by reboot.")
  boolean cold;

  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    return site.migrate(whole, to, cold);
  }

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return switch (workspace.goal()) {
      case "RUN" -> workspace.state().equals("RUNNING");
      case "STOP" -> workspace.state().equals("STOPPED");
      case "SUSPEND" -> workspace.state().equals("SUSPENDED");
      default -> false;
    };
  }

  @Override
  Optional<Failure> setback(WorkspaceView workspace) {
    return workspace.setback() == null
        ? Optional.empty()
        : Optional.of(Failure.of(workspace.setback()));
  }
}
