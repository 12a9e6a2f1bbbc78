package org.hospes.client.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.hospes.client.ClientSettings;
import org.hospes.client.Failure;
import org.hospes.client.Session;
import org.hospes.trust.credential.UserCredentials;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** What every verb has: the form of its output, the site's address, a session. */
@Command(synopsisHeading = "Usage: ", sortOptions = false, mixinStandardHelpOptions = true)
abstract class Verb implements Callable<Integer> {
  /** The root command, or the group that stands between. */
  @ParentCommand Object parent;

  @Spec CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "How data is printed: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Output.Form form;

  @Option(
      names = "--service",
      paramLabel = "URL",
      description =
          "The site's service, https://HOST:PORT (default: $$HOSPES_SERVICE, or"
              + " 'service' in ~/.hospes/client.yaml or /etc/hospes/client.yaml).")
  Optional<String> service = Optional.empty();

  @Option(names = "--debug", description = "Print stack traces and what the libraries log.")
  boolean debug;

  /** Does it. */
  abstract Failure.Exit run(Session session) throws Exception;

  @Override
  public Integer call() throws Exception {
    if (debug) {
      Logging.everything();
    }
    Surroundings around = around();
    UserCredentials credentials =
        new UserCredentials(around.environment(), around.home(), userId(), Terminal::askPassphrase);
    ClientSettings settings =
        ClientSettings.find(around.environment(), around.home(), service, Optional.empty());
    try (Session session = new Session(settings, credentials, around.clock())) {
      return run(session).code();
    }
  }

  Surroundings around() {
    Object up = parent;
    while (up instanceof Group group) {
      up = group.parent;
    }
    return ((WorkspaceCommand) up).surroundings();
  }

  Output output() {
    return new Output(form, around().out());
  }

  /** Tells a person something that is not data. */
  void say(String text) {
    around().err().println(text);
  }

  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static long userId() {
    try {
      return ((Number)
              java.nio.file.Files.getAttribute(java.nio.file.Path.of("/proc/self"), "unix:uid"))
          .longValue();
    } catch (java.io.IOException | UnsupportedOperationException e) {
      return -1;
    }
  }
}
