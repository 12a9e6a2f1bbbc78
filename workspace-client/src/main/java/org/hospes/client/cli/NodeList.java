package org.hospes.client.cli;

import org.hospes.client.Failure.Exit;
import org.hospes.client.NodesView;
import org.hospes.client.Session;
import org.hospes.settings.ByteSize;
import picocli.CommandLine.Command;

/** {@code workspace node list}. */
@Command(name = "list", description = "The site's nodes and what is free on them.")
final class NodeList extends Verb {
  @Override
  Exit run(Session session) throws Exception {
    NodesView site = session.workspaces().nodes();
    output()
        .print(
            site.nodes(),
            out -> {
              Table table =
                  new Table(
                      "name",
                      "alive",
                      "open",
                      "hypervisor",
                      "cpus free",
                      "memory free",
                      "disk free",
                      "workspaces",
                      "images",
                      "policy",
                      "dn");
              for (NodesView.Node n : site.nodes()) {
                table.row(
                    n.name(),
                    n.alive() ? "yes" : "no",
                    n.drained() == null ? "yes" : n.drained().migrates() ? "EMPTIED" : "DRAINED",
                    n.hypervisor(),
                    n.cpusFree() + "/" + n.cpus(),
                    ByteSize.format(n.memoryFreeBytes()) + "/" + ByteSize.format(n.memoryBytes()),
                    ByteSize.format(n.diskFreeBytes()),
                    n.workspaces(),
                    n.images().size(),
                    n.policyDrifted() ? "DRIFTED" : "same",
                    n.dn());
              }
              table.print(out);
            });
    site.warnings().forEach(w -> say("warning: " + Terminal.line(w)));
    return Exit.DONE;
  }
}
