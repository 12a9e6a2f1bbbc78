package org.hospes.client.cli;

import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code workspace reboot}. */
@Command(name = "reboot", description = "Switch a workspace off and on again, with its own disk.")
final class Reboot extends Wish {
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
    return site.reboot(whole, Durations.parse(grace));
  }

  @Override
  boolean fulfilled(WorkspaceView workspace) {
    return workspace.state().equals("RUNNING") && workspace.goal().equals("RUN");
  }
}
