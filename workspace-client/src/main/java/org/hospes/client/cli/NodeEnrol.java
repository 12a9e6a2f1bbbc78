package org.hospes.client.cli;

import org.hospes.client.Failure.Exit;
import org.hospes.client.ReceiptClient;
import org.hospes.client.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code workspace node enrol}. */
@Command(
    name = "enrol",
    description = {
      "Take another chain of receipts from a node than the one that the service knows of it:",
      "the next one that it comes with. That it did shows in every audit. For operators."
    },
    footer = {
      "",
      "A node begins another chain when its folder of receipts was moved aside. Keep that folder:",
      "it is the proof of what it booted before. The first chain of a node needs no such word."
    })
final class NodeEnrol extends Verb {
  @Parameters(paramLabel = "NODE", description = "Its name, as 'workspace node list' shows it.")
  String node;

  @Option(
      names = "--new-chain",
      required = true,
      description = "Say that you know what became of the old one.")
  boolean newChain;

  private record Enrolled(String node, String leaves, long countersigned) {}

  @Override
  Exit run(Session session) throws Exception {
    ReceiptClient site = session.workspaces().receipts();
    ReceiptClient.Left left = new Insistence(session.clock()).ask(() -> site.enrol(node));
    output()
        .print(
            new Enrolled(node, left.chain().orElse(null), left.countersigned()),
            out -> {
              String name = Terminal.line(node);
              if (left.chain().isEmpty()) {
                out.println(name + " has no chain of receipts yet; its first is taken as it comes");
              } else {
                out.println(
                    name
                        + " may begin another chain; "
                        + left.chain().get()
                        + " ends with receipt "
                        + left.countersigned());
              }
            });
    return Exit.DONE;
  }
}
