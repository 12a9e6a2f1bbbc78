package org.hospes.client.cli;

import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import org.hospes.client.Failure;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.image.BootInformation;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.settings.ByteSize;
import org.hospes.settings.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace save}. */
@Command(
    name = "save",
    description = "Bring the changed disk of a stopped workspace into a file, as a new image.",
    footer = {
      "",
      "FILE is a qcow2 image that stands on nothing. It runs nowhere before somebody whom the",
      "site's image policy trusts has signed it:",
      "  workspace image sign FILE --name NAME:VERSION",
      "  workspace image publish FILE",
      "What the guest wrote is in it: keys, passwords and logs too.",
      "",
      "It arrives in FILE.part; what broke off goes on there when it is saved again. The site",
      "keeps the disk until the workspace runs again or anything is done with its snapshots."
    })
final class Save extends Verb {
  @Parameters(index = "0", paramLabel = "ID", description = "Id, beginning of one, or name.")
  String id;

  @Option(names = "--to", required = true, paramLabel = "FILE", description = "Must not be there.")
  Path file;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      defaultValue = "30m",
      description =
          "How long to wait until the node has made the file (default: ${DEFAULT-VALUE}).")
  String timeout;

  /** What was saved, for {@code -o json}. */
  record Saved(String workspace, String file, long bytes, String digest) {}

  @Override
  Exit run(Session session) throws Exception {
    Duration limit = Durations.parse(timeout);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw usage(file + " is there already: choose another name, or move it away");
    }
    if (!Files.isDirectory(file.toAbsolutePath().getParent())) {
      throw usage(file.toAbsolutePath().getParent() + " is no directory");
    }
    WorkspaceClient site = session.workspaces();
    Insistence insistence = new Insistence(session.clock());
    String whole = site.describe(id).id();
    WorkspaceView[] last = {insistence.ask(() -> site.save(whole))};
    boolean over =
        insistence.until(
            limit,
            this::say,
            () -> {
              if (!settled(last[0])) {
                last[0] = site.describe(whole);
              }
              return settled(last[0]);
            });
    WorkspaceView workspace = last[0];
    if (!over) {
      say(
          "workspace: after "
              + timeout
              + " the node is still at it, and goes on; save again to fetch the file");
      return Exit.TIMED_OUT;
    }
    if (workspace.savedDisk() == null) {
      Failure failure =
          workspace.setback() == null ? Failure.of(workspace) : Failure.of(workspace.setback());
      WorkspaceCommand.report(failure, around().err(), null);
      return failure.exit();
    }
    fetch(session, workspace);
    WorkspaceView.SavedDisk disk = workspace.savedDisk();
    output()
        .print(
            new Saved(workspace.id(), file.toString(), disk.bytes(), disk.digest()),
            out -> {
              Summary.line(out, "file", file);
              Summary.line(out, "size", ByteSize.format(disk.bytes()));
              Summary.line(out, "digest", disk.digest());
            });
    say("It runs nowhere before it is signed by somebody whom the site's policy trusts:");
    say("  workspace image sign " + file + " --name NAME:VERSION" + kernelOf(session, workspace));
    say("  workspace image publish " + file);
    return Exit.DONE;
  }

  /** Whether nothing more comes of what was asked. */
  private static boolean settled(WorkspaceView workspace) {
    return workspace.ended()
        || workspace.savedDisk() != null
        || !workspace.goal().equals("FLATTEN");
  }

  private void fetch(Session session, WorkspaceView workspace) throws Exception {
    try (Progress progress = new Progress(around())) {
      session.fetch(
          workspace.id(),
          workspace.savedDisk(),
          file,
          here -> progress.at("saving", here, workspace.savedDisk().bytes()));
    } catch (FileAlreadyExistsException e) {
      throw usage(file + " appeared meanwhile: move it away, and save again");
    }
  }

  /** What its image booted with, that of the new one should. */
  private static String kernelOf(Session session, WorkspaceView workspace) {
    try {
      BootInformation boot =
          ManifestFormat.parse(
                  session
                      .repository()
                      .describe(workspace.image().name() + "@" + workspace.image().digest())
                      .image()
                      .manifest())
              .boot();
      return boot.kernel().map(kernel -> " --kernel " + kernel).orElse("")
          + boot.commandLine()
              .map(line -> " --command-line '" + line.replace("'", "'\\''") + "'")
              .orElse("");
    } catch (Exception e) {
      // Advice only: the disk is here. A repository that cannot be asked now is no failure.
      return "";
    }
  }
}
