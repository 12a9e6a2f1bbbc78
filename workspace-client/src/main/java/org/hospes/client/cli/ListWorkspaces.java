package org.hospes.client.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.hospes.client.Failure.Exit;
import org.hospes.client.Session;
import org.hospes.client.WorkspaceClient;
import org.hospes.client.WorkspaceView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code workspace list}. */
@Command(name = "list", description = "Your workspaces; an operator sees everybody's.")
final class ListWorkspaces extends Verb {
  @Option(
      names = {"-a", "--all"},
      description = "Also those destroyed or failed.")
  boolean ended;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "Only in this state, such as RUNNING; may be repeated.")
  List<String> states = List.of();

  @Option(names = "--owner", paramLabel = "DN", description = "Only of this owner.")
  Optional<String> owner = Optional.empty();

  @Option(names = "--name", paramLabel = "N", description = "Only of this name.")
  Optional<String> name = Optional.empty();

  @Option(
      names = "--image-refused",
      description =
          "Only those whose image would be refused now, as when its signer was revoked: they run"
              + " on, or are kept, but do not boot again.")
  boolean imageRefused;

  @Override
  Exit run(Session session) throws Exception {
    WorkspaceClient site = session.workspaces();
    var filter =
        new WorkspaceClient.WorkspaceFilter(
            states.stream().map(s -> s.toUpperCase(Locale.ROOT)).toList(),
            owner,
            name,
            ended || !states.isEmpty());
    List<WorkspaceView> all = new ArrayList<>();
    Optional<String> next = Optional.empty();
    do {
      WorkspaceClient.Page page = site.list(filter, next);
      page.workspaces().stream()
          .filter(w -> !imageRefused || w.imageRefusal() != null)
          .forEach(all::add);
      next = page.next();
    } while (next.isPresent());
    output()
        .print(
            all,
            out -> {
              Table table =
                  new Table(
                      "id", "name", "state", "image", "node", "forwards", "lease ends", "owner");
              for (WorkspaceView w : all) {
                table.row(
                    w.shortId(),
                    w.name(),
                    w.state(),
                    w.image().name(),
                    Summary.node(w),
                    Summary.forwards(w),
                    w.leaseEnds(),
                    w.owner());
              }
              table.print(out);
            });
    return Exit.DONE;
  }
}
