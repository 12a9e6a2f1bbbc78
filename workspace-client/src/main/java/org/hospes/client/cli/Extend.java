package org.hospes.client.cli;

import java.time.Instant;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code workspace extend}. */
@Command(name = "extend", description = "Let the lease of a workspace end later.")
final class Extend extends Verb {
  @Parameters(paramLabel = "ID", description = "Id, beginning of one, or name.")
  String id;

  @Parameters(
      paramLabel = "DURATION",
      description = "How much later than now planned, such as 90m or 2h.")
  String duration;

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceClient site = session.workspaces();
    WorkspaceView before = site.describe(id);
    // A point in time, so that a question asked again after a broken connection extends once.
    Instant end = before.leaseEnds().plus(Durations.parse(duration));
    WorkspaceView after = new Insistence(session.clock()).ask(() -> site.extend(before.id(), end));
    output().print(after, out -> Summary.print(after, out));
    return Exit.DONE;
  }
}
