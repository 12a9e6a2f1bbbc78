package org.hospes.client.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.hospes.client.ConsoleText;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import org.hospes.settings.Durations;
import org.hospes.wire.security.RawConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace console}. */
@Command(name = "console", description = "What the guest wrote to its console; or type on it.")
final class Console extends Verb {
  private static final int PIECE = 64 << 10;

  /** For so long may a site be away from somebody who follows. */
  private static final Duration OUTLASTED = Duration.ofMinutes(5);

  @Parameters(paramLabel = "ID", description = "The id, the beginning of it, or a name.")
  String id;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on as the guest writes, on other nodes too, until it ends.")
  boolean follow;

  @Option(names = "--offset", paramLabel = "BYTES", description = "Where to begin.")
  long offset;

  @Option(names = "--raw", description = "Leave terminal controls in: trust the guest.")
  boolean raw;

  @Option(
      names = {"-a", "--attach"},
      description = {
        "Type on it: your terminal becomes the guest's, until you leave with Ctrl-].",
        "What comes from a pipe is typed as it is. Whatever the guest writes reaches",
        "your terminal: attach to guests that you trust."
      })
  boolean attach;

  @Option(
      names = "--force",
      description = "Take it over from where you are attached already; operators: from anybody.")
  boolean force;

  @Option(
      names = "--linger",
      paramLabel = "D",
      defaultValue = "3s",
      description =
          "When a pipe's input has ended, leave once nothing moved for so long"
              + " (default: ${DEFAULT-VALUE}).")
  String linger;

  @Override
  Exit run(Session session) throws Exception {
    if (attach) {
      return attached(session);
    }
    if (force) {
      throw usage("--force goes with --attach");
    }
    WorkspaceClient site = session.workspaces();
    String whole = site.describe(id).id();
    Insistence insistence = new Insistence(session.clock());
    Terminal.ConsoleFilter filter = new Terminal.ConsoleFilter();
    long next = offset;
    for (boolean first = true; ; first = false) {
      long from = next;
      ConsoleText piece =
          follow
              ? insisted(insistence, () -> site.console(whole, from, PIECE))
              : insistence.ask(() -> site.console(whole, from, PIECE));
      if (piece.offset() > from) {
        say("[" + (piece.offset() - from) + " bytes of older output are gone]");
      }
      around().out().write(raw ? piece.bytes() : filter.pass(piece.bytes()));
      around().out().flush();
      if (around().out().checkError()) {
        // Whoever read it is gone, as grep(1) with -m is after what it looked for.
        return Exit.DONE;
      }
      next = piece.nextOffset();
      if (piece.bytes().length == 0) {
        // What was read reached to here. What a person types may lie behind the end of any log.
        boolean anew = follow && !first && next < from;
        if (anew) {
          say("[the console's log begins anew, as it does on another node]");
          filter = new Terminal.ConsoleFilter();
          next = 0;
        } else if (piece.ended() || !follow) {
          return Exit.DONE;
        }
        TimeUnit.MILLISECONDS.sleep(500);
      }
    }
  }

  /** Who follows a guest goes on when its site is back. */
  private ConsoleText insisted(Insistence insistence, Callable<ConsoleText> question)
      throws Exception {
    ConsoleText[] answer = new ConsoleText[1];
    boolean unused =
        insistence.until(
            OUTLASTED,
            this::say,
            () -> {
              answer[0] = question.call();
              return true;
            });
    return answer[0];
  }

  private Exit attached(Session session) throws Exception {
    if (follow || raw || offset != 0) {
      throw usage("--attach shows what the guest writes from now on, as it is: leave out the rest");
    }
    Duration quiet = Durations.parse(linger);
    WorkspaceView workspace = session.workspaces().describe(id);
    RawConnection connection = session.attach(workspace.id(), force);
    Surroundings around = around();
    if (!around.personTypes()) {
      return new Attachment(connection, around, quiet).run();
    }
    say(
        "attached to "
            + Terminal.line(workspace.name())
            + " ("
            + workspace.shortId()
            + "); Enter for a prompt, Ctrl-] to leave");
    Exit exit;
    try (RawTerminal terminal = RawTerminal.enter()) {
      exit = new Attachment(connection, around, quiet).run();
    } finally {
      connection.close();
      // The cursor stands wherever the guest left it.
      say("");
    }
    say("detached");
    return exit;
  }
}
