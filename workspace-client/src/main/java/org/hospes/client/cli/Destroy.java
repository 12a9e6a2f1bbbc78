package org.hospes.client.cli;

import java.util.ArrayList;
import java.util.List;
import org.hospes.client.Failure;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace destroy}. */
@Command(name = "destroy", description = "End workspaces and throw their disks away.")
final class Destroy extends Verb {
  @Parameters(paramLabel = "ID", arity = "1..*", description = "Ids, beginnings of ids, or names.")
  List<String> ids;

  @Option(names = "--wait", description = "Wait until nothing of them is left.")
  boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      defaultValue = "5m",
      description = "How long to wait for each (default: ${DEFAULT-VALUE}).")
  String timeout;

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceClient site = session.workspaces();
    Insistence insistence = new Insistence(session.clock());
    List<WorkspaceView> views = new ArrayList<>();
    Exit worst = Exit.DONE;
    for (String id : ids) {
      try {
        String whole = site.describe(id).id();
        views.add(insistence.ask(() -> site.destroy(whole)));
      } catch (Exception e) {
        // The others are still to be destroyed.
        Failure failure = Failure.of(e);
        WorkspaceCommand.report(failure, around().err(), debug ? e : null);
        worst = failure.exit();
      }
    }
    if (wait) {
      for (int i = 0; i < views.size(); i++) {
        WorkspaceView[] last = {views.get(i)};
        boolean gone =
            insistence.until(
                Durations.parse(timeout),
                this::say,
                () -> {
                  last[0] = site.describe(last[0].id());
                  return last[0].ended();
                });
        views.set(i, last[0]);
        worst = gone ? worst : Exit.TIMED_OUT;
      }
    }
    output()
        .print(
            views,
            out -> {
              Table table = new Table("id", "name", "state", "goal", "reason");
              views.forEach(w -> table.row(w.shortId(), w.name(), w.state(), w.goal(), w.reason()));
              table.print(out);
            });
    return worst;
  }
}
