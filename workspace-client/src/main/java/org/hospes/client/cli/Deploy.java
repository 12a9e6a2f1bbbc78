package org.hospes.client.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.hospes.client.DeployOrder;
import org.hospes.client.DryRunView;
import org.hospes.client.Failure;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.ByteSize;
import org.hospes.settings.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace deploy}. */
@Command(name = "deploy", description = "Run an image on the site's cluster.")
final class Deploy extends Verb {
  private static final int USER_DATA_LIMIT = 1 << 20;

  @Parameters(
      paramLabel = "IMAGE[@DIGEST]",
      description = "NAME[:VERSION][@sha256:HEX] in the site's repository.")
  String image;

  @Option(names = "--name", paramLabel = "N", description = "What to call the workspace.")
  Optional<String> name = Optional.empty();

  @Mixin ResourceOptions resources;

  @Option(
      names = "--forward",
      paramLabel = "[HOSTPORT:]GUESTPORT",
      description = "Make a TCP port of the guest reachable at the node; may be repeated.")
  List<String> forwards = List.of();

  @Option(names = "--ssh-key", paramLabel = "FILE", description = "Public key for the guest.")
  Optional<Path> sshKey = Optional.empty();

  @Option(
      names = "--user-data",
      paramLabel = "FILE",
      description = "Given to the guest as it is, on a NoCloud disk.")
  Optional<Path> userData = Optional.empty();

  @Option(
      names = "--on-crash",
      paramLabel = "restart|end",
      defaultValue = "end",
      description =
          "What becomes of the guest when its kernel panics; restart: it starts again from its own"
              + " disk, up to three times in ten minutes (default: ${DEFAULT-VALUE}).")
  DeployOrder.OnCrash onCrash;

  @Option(names = "--wait", description = "Wait until it runs, or fails.")
  boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      defaultValue = "15m",
      description = "How long to wait (default: ${DEFAULT-VALUE}).")
  String timeout;

  @Option(names = "--dry-run", description = "Say what the site would decide; deploy nothing.")
  boolean dryRun;

  @Override
  Exit run(Session session) throws Exception {
    DeployOrder order = order();
    Duration limit = Durations.parse(timeout);
    WorkspaceClient site = session.workspaces();
    if (dryRun) {
      DryRunView would = new Insistence(session.clock()).ask(() -> site.dryRun(order));
      output()
          .print(
              would,
              out -> {
                Summary.print(would.workspace(), out);
                would.decisions().forEach(decision -> Summary.print(decision, out));
              });
      say("nothing was deployed: this was a dry run");
      return Exit.DONE;
    }
    WorkspaceView workspace = new Insistence(session.clock()).ask(() -> site.deploy(order));
    if (!wait) {
      output().print(workspace, out -> Summary.print(workspace, out));
      return Exit.DONE;
    }
    WorkspaceView last = follow(session, site, workspace, limit);
    output().print(last, out -> Summary.print(last, out));
    if (last.state().equals("RUNNING")) {
      return Exit.DONE;
    }
    if (last.ended()) {
      Failure failure = Failure.of(last);
      WorkspaceCommand.report(failure, around().err(), null);
      return failure.exit();
    }
    say(
        "workspace: after "
            + timeout
            + " the workspace is still "
            + last.state()
            + ", and goes on; see 'workspace show "
            + last.shortId()
            + "'");
    return Exit.TIMED_OUT;
  }

  private WorkspaceView follow(
      Session session, WorkspaceClient site, WorkspaceView first, Duration limit) throws Exception {
    WorkspaceView[] last = {first};
    if (around().personWatches()) {
      say("workspace " + first.id() + " is " + first.state());
    }
    try (Progress progress = new Progress(around())) {
      Consumer<String> person =
          text -> {
            progress.close();
            say(text);
          };
      Insistence insistence = new Insistence(session.clock());
      insistence.until(
          limit,
          person,
          () -> {
            WorkspaceView now = site.describe(first.id());
            if (!now.state().equals(last[0].state()) && around().personWatches()) {
              person.accept("workspace " + first.id() + " is " + now.state());
            }
            last[0] = now;
            if (now.state().equals("PLACED") && around().personWatches()) {
              show(site, progress, first.id());
            }
            return now.ended() || now.state().equals("RUNNING");
          });
    }
    return last[0];
  }

  private static void show(WorkspaceClient site, Progress progress, String id) throws Exception {
    var staging = site.staging(id);
    if (!staging.phase().isEmpty()) {
      progress.at(Terminal.line(staging.phase()), staging.bytesDone(), staging.bytesTotal());
    }
  }

  private DeployOrder order() throws IOException {
    Optional<byte[]> data = Optional.empty();
    if (userData.isPresent()) {
      byte[] bytes = Files.readAllBytes(userData.get());
      if (bytes.length > USER_DATA_LIMIT) {
        throw usage(
            "--user-data: expected at most "
                + ByteSize.format(USER_DATA_LIMIT)
                + ", found "
                + bytes.length
                + " bytes");
      }
      data = Optional.of(bytes);
    }
    return new DeployOrder(
        UUID.randomUUID().toString(),
        image,
        name,
        resources.cpus,
        resources.memoryBytes(),
        resources.scratchBytes(),
        resources.lease(),
        forwards.stream().map(DeployOrder.Forward::parse).toList(),
        sshKey.isPresent() ? Optional.of(Files.readString(sshKey.get()).strip()) : Optional.empty(),
        data,
        onCrash,
        dryRun);
  }
}
