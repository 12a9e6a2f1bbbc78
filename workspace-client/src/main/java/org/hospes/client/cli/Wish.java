package org.hospes.client.cli;

import java.time.Duration;
import java.util.Optional;
import org.hospes.client.Failure;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.Durations;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A verb that wants a workspace in another state, and may wait until it is there. */
abstract class Wish extends Verb {
  @Parameters(index = "0", paramLabel = "ID", description = "Id, beginning of one, or name.")
  String id;

  @Option(names = "--wait", description = "Wait until it is so, or fails.")
  boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      defaultValue = "5m",
      description = "How long to wait (default: ${DEFAULT-VALUE}).")
  String timeout;

  /** Asks for it. */
  abstract WorkspaceView ask(WorkspaceClient site, String whole) throws Exception;

  /** Whether it is so. */
  abstract boolean fulfilled(WorkspaceView workspace);

  /** Why nothing came of what was asked, though the workspace goes on as it was. */
  Optional<Failure> setback(WorkspaceView workspace) {
    return workspace.setback() == null || fulfilled(workspace)
        ? Optional.empty()
        : Optional.of(Failure.of(workspace.setback()));
  }

  @Override
  Exit run(Session session) throws Exception {
    Duration limit = Durations.parse(timeout);
    WorkspaceClient site = session.workspaces();
    Insistence insistence = new Insistence(session.clock());
    String whole = site.describe(id).id();
    WorkspaceView[] last = {insistence.ask(() -> ask(site, whole))};
    boolean over =
        !wait
            || insistence.until(
                limit,
                this::say,
                () -> {
                  last[0] = site.describe(whole);
                  return last[0].ended() || fulfilled(last[0]) || setback(last[0]).isPresent();
                });
    output().print(last[0], out -> Summary.print(last[0], out));
    if (last[0].ended()) {
      Failure failure = Failure.of(last[0]);
      WorkspaceCommand.report(failure, around().err(), null);
      return failure.exit();
    }
    Optional<Failure> setback = setback(last[0]);
    if (setback.isPresent()) {
      WorkspaceCommand.report(setback.get(), around().err(), null);
      return setback.get().exit();
    }
    if (!over) {
      say(
          "workspace: after "
              + timeout
              + " the workspace is still "
              + last[0].state()
              + ", and goes on; see 'workspace show "
              + last[0].shortId()
              + "'");
      return Exit.TIMED_OUT;
    }
    return Exit.DONE;
  }
}
