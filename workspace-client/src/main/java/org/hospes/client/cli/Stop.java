package org.hospes.client.cli;

import java.time.Duration;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code workspace stop}. */
@Command(
    name = "stop",
    description = "Switch a workspace off and keep its disk, its address and its place.")
final class Stop extends Wish {
  @Option(
      names = "--grace",
      paramLabel = "D",
      defaultValue = "60s",
      description =
          "How long the guest has to power itself off before it is ended by force"
              + " (default: ${DEFAULT-VALUE}).")
  String grace;

  @Override
  WorkspaceView ask(WorkspaceClient site, String whole) throws Exception {
    Duration limit = Durations.parse(grace);
    return site.stop(whole, limit);
  }

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return workspace.state().equals("STOPPED");
  }
}
