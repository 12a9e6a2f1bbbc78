package org.hospes.client.cli;

import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace node undrain}. */
@Command(name = "undrain", description = "Have a node take new workspaces again. For operators.")
final class NodeUndrain extends Verb {
  @Parameters(paramLabel = "NODE", description = "Its name, as 'workspace node list' shows it.")
  String node;

  private record Undrained(String node) {}

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceClient site = session.workspaces();
    new Insistence(session.clock())
        .ask(
            () -> {
              site.undrain(node);
              return node;
            });
    output()
        .print(
            new Undrained(node),
            out -> out.println(Terminal.line(node) + " takes new workspaces again"));
    return Exit.DONE;
  }
}
