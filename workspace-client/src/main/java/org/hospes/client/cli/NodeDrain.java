package org.hospes.client.cli;

import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace node drain}. */
@Command(
    name = "drain",
    description = "Have a node take no new workspaces; those on it run on. For operators.")
final class NodeDrain extends Verb {
  @Parameters(paramLabel = "NODE", description = "Its name, as 'workspace node list' shows it.")
  String node;

  private record Drained(String node, int workspaces) {}

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceClient site = session.workspaces();
    int left = new Insistence(session.clock()).ask(() -> site.drain(node));
    output()
        .print(
            new Drained(node, left),
            out ->
                out.println(
                    Terminal.line(node)
                        + " takes no new workspaces; "
                        + left
                        + (left == 1 ? " is" : " are")
                        + " on it still"));
    return Exit.DONE;
  }
}
