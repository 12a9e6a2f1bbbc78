package org.hospes.client.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.hospes.client.Failure;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code workspace}. */
@Command(
    name = "workspace",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Run signed virtual machine images on a grid site.",
    footer = {
      "",
      "Papers, the first that is there: $$X509_USER_PROXY; $$X509_USER_CERT with",
      "$$X509_USER_KEY; /tmp/x509up_u<uid>; ~/.globus/usercert.pem with userkey.pem.",
      "CA certificates: $$X509_CERT_DIR, or /etc/grid-security/certificates.",
      "",
      "Exit codes: 0 done, 1 the site failed, 2 wrong usage, 3 not found,",
      "4 not authenticated, 5 image refused, 6 not allowed, 7 timed out, 8 no capacity."
    },
    subcommands = {
      Deploy.class,
      ListWorkspaces.class,
      Show.class,
      Console.class,
      Pause.class,
      Suspend.class,
      Resume.class,
      Stop.class,
      Start.class,
      Reboot.class,
      Migrate.class,
      Group.Snapshot.class,
      Rollback.class,
      Save.class,
      Extend.class,
      Destroy.class,
      ReceiptOf.class,
      Group.Image.class,
      Group.Node.class,
      Group.Policy.class,
      Group.Audit.class,
      Group.Credential.class,
      Doctor.class,
      AutoComplete.GenerateCompletion.class
    })
final class WorkspaceCommand implements Runnable {
  @Spec CommandSpec spec;

  private final Surroundings surroundings;

  WorkspaceCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  Surroundings surroundings() {
    return surroundings;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do");
  }

  /** The whole command line, with one translator from failures to exit codes. */
  static CommandLine line(Surroundings surroundings) {
    CommandLine line = new CommandLine(new WorkspaceCommand(surroundings));
    line.getSubcommands().get("generate-completion").getCommandSpec().usageMessage().hidden(true);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(surroundings.coloured() ? Ansi.ON : Ansi.OFF));
    line.setOut(new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8));
    line.setExecutionExceptionHandler(
        (thrown, command, parsed) -> {
          boolean debug = parsed.originalArgs().contains("--debug");
          return report(Failure.of(thrown), surroundings.err(), debug ? thrown : null);
        });
    return line;
  }

  /** Prints a failure for people and answers its exit code. */
  static int report(Failure failure, PrintStream err, Throwable trace) {
    err.println("workspace: " + Terminal.line(failure.message()));
    failure
        .facts()
        .forEach(
            (name, value) ->
                (name + ": " + value)
                    .lines()
                    .forEach(each -> err.println("  " + Terminal.line(each))));
    if (!failure.code().isEmpty() && !failure.code().equals("usage")) {
      err.println("  code: " + Terminal.line(failure.code()));
    }
    if (!failure.reference().isEmpty()) {
      err.println("  reference: " + Terminal.line(failure.reference()) + " (in the site's log)");
    }
    if (!failure.advice().isEmpty()) {
      err.println("  -> " + Terminal.line(failure.advice()));
    }
    if (trace != null) {
      trace.printStackTrace(err);
    }
    return failure.exit().code();
  }
}
