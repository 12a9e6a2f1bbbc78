package org.hospes.client.cli;

import java.io.PrintStream;
import java.time.Duration;
import org.hospes.client.DrainView;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.settings.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace node drain}. */
@Command(
    name = "drain",
    description = {
      "Have a node take no new workspaces; those on it run on, or are moved to other nodes",
      "with --migrate. Asked again, it says how far that is. For operators."
    })
final class NodeDrain extends Verb {
  @Parameters(paramLabel = "NODE", description = "Its name, as 'workspace node list' shows it.")
  String node;

  @Option(
      names = "--migrate",
      description = "Move what is on it to other nodes, a few at a time, until 'node undrain'.")
  boolean migrate;

  @Option(
      names = "--wait",
      description = "With --migrate: wait until nothing is on it but what cannot be moved.")
  boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      defaultValue = "30m",
      description = "How long to wait (default: ${DEFAULT-VALUE}).")
  String timeout;

  @Override
  Exit run(Session session) throws Exception {
    if (wait && !migrate) {
      throw usage("--wait goes with --migrate: without it those on the node stay on it");
    }
    Duration limit = Durations.parse(timeout);
    WorkspaceClient site = session.workspaces();
    Insistence insistence = new Insistence(session.clock());
    DrainView[] last = {insistence.ask(() -> site.drain(node, migrate))};
    boolean over =
        !wait
            || insistence.until(
                limit,
                this::say,
                () -> {
                  last[0] = site.drain(node, true);
                  return last[0].settled();
                });
    output().print(last[0], out -> print(last[0], out));
    if (!over) {
      say("workspace: after " + timeout + " the node is not empty yet; it goes on");
      return Exit.TIMED_OUT;
    }
    return wait && !last[0].stays().isEmpty() ? Exit.NO_CAPACITY : Exit.DONE;
  }

  private void print(DrainView drained, PrintStream out) {
    out.println(
        Terminal.line(node)
            + " takes no new workspaces; "
            + drained.workspaces()
            + (drained.workspaces() == 1 ? " is" : " are")
            + " on it still"
            + (migrate ? ", " + drained.moving() + " leaving now" : ""));
    for (DrainView.Stay stay : drained.stays()) {
      out.println(
          "  "
              + Terminal.line(stay.id())
              + " ("
              + Terminal.line(stay.name())
              + ") stays: "
              + Terminal.line(stay.why().message()));
      if (stay.why().advice() != null) {
        out.println("    -> " + Terminal.line(stay.why().advice()));
      }
    }
  }
}
