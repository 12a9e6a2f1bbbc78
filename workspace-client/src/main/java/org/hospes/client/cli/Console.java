package org.hospes.client.cli;

import java.util.concurrent.TimeUnit;
import org.hospes.client.ConsoleText;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace console}. */
@Command(name = "console", description = "What the guest wrote to its console.")
final class Console extends Verb {
  private static final int PIECE = 64 << 10;

  @Parameters(paramLabel = "ID", description = "The id, the beginning of it, or a name.")
  String id;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on as the guest writes, until it ends.")
  boolean follow;

  @Option(names = "--offset", paramLabel = "BYTES", description = "Where to begin.")
  long offset;

  @Option(names = "--raw", description = "Leave terminal controls in: trust the guest.")
  boolean raw;

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceClient site = session.workspaces();
    String whole = site.describe(id).id();
    Insistence insistence = new Insistence(session.clock());
    Terminal.ConsoleFilter filter = new Terminal.ConsoleFilter();
    long next = offset;
    while (true) {
      long from = next;
      ConsoleText piece = insistence.ask(() -> site.console(whole, from, PIECE));
      if (piece.offset() > from) {
        say("[" + (piece.offset() - from) + " bytes of older output are gone]");
      }
      around().out().write(raw ? piece.bytes() : filter.pass(piece.bytes()));
      around().out().flush();
      next = piece.nextOffset();
      if (piece.ended() && piece.bytes().length == 0) {
        return Exit.DONE;
      }
      if (piece.bytes().length == 0) {
        if (!follow) {
          return Exit.DONE;
        }
        TimeUnit.MILLISECONDS.sleep(500);
      }
    }
  }
}
