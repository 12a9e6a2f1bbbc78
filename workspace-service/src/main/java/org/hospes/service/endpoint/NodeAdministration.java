package org.hospes.service.endpoint;

import java.time.Clock;
import org.hospes.contract.workspace.DrainNode;
import org.hospes.contract.workspace.DrainNodeResponse;
import org.hospes.contract.workspace.UndrainNode;
import org.hospes.contract.workspace.UndrainNodeResponse;
import org.hospes.service.node.Drains;
import org.hospes.service.workspace.Refusal;
import org.hospes.trust.caller.Caller;

/** What operators do to nodes. */
final class NodeAdministration {
  private final WorkspaceEndpoint.Parties parties;
  private final Answers answers;
  private final CallAudit audit;
  private final Clock clock;

  NodeAdministration(
      WorkspaceEndpoint.Parties parties, Answers answers, CallAudit audit, Clock clock) {
    this.parties = parties;
    this.answers = answers;
    this.audit = audit;
    this.clock = clock;
  }

  DrainNodeResponse drain(DrainNode request) {
    return answers.give(
        "node drain",
        caller -> {
          String node = require(caller, request.getNode());
          Drains.Drain drain = parties.drains().drain(node, caller.dn(), clock.instant());
          audit.operated("node drain", node);
          DrainNodeResponse response = new DrainNodeResponse();
          response.setDrainedBy(drain.by().slash());
          response.setDrainedSince(drain.since());
          response.setWorkspaces(
              (int)
                  parties.workspaces().unfinished().stream()
                      .filter(w -> w.node().filter(node::equals).isPresent())
                      .count());
          return response;
        });
  }

  UndrainNodeResponse undrain(UndrainNode request) {
    return answers.give(
        "node undrain",
        caller -> {
          String node = require(caller, request.getNode());
          parties.drains().undrain(node);
          audit.operated("node undrain", node);
          return new UndrainNodeResponse();
        });
  }

  private String require(Caller caller, String node) {
    parties.rights().requireMayOperate(caller);
    if (!parties.nodes().names().contains(node) && !parties.drains().all().containsKey(node)) {
      throw Refusal.of(
              Refusal.Category.NOT_FOUND, "node.not-found", "this site has no node " + node)
          .advice("its nodes are " + String.join(", ", parties.nodes().names()))
          .fact("node", node)
          .toException();
    }
    return node;
  }
}
