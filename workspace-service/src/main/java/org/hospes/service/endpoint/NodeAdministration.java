package org.hospes.service.endpoint;

import java.time.Clock;
import org.hospes.contract.workspace.DrainNode;
import org.hospes.contract.workspace.DrainNodeResponse;
import org.hospes.contract.workspace.Stay;
import org.hospes.contract.workspace.UndrainNode;
import org.hospes.contract.workspace.UndrainNodeResponse;
import org.hospes.service.lifecycle.Evacuation;
import org.hospes.service.node.Drains;
import org.hospes.service.workspace.Refusal;
import org.hospes.trust.caller.Caller;

/** What operators do to nodes. */
final class NodeAdministration {
  private static final int MOST_STAYS = 100;

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
          boolean migrate = Boolean.TRUE.equals(request.isMigrate());
          Drains.Drain drain = parties.drains().drain(node, caller.dn(), clock.instant(), migrate);
          audit.operated(migrate ? "node drain --migrate" : "node drain", node);
          DrainNodeResponse response = new DrainNodeResponse();
          response.setDrainedBy(drain.by().slash());
          response.setDrainedSince(drain.since());
          Evacuation.Standing standing = parties.evacuation().standing(node);
          response.setWorkspaces(standing.there());
          if (drain.migrate()) {
            parties.evacuation().wake();
            response.setMoving(standing.moving());
            standing.stays().stream()
                .limit(MOST_STAYS)
                .map(NodeAdministration::stay)
                .forEach(response.getStay()::add);
          }
          return response;
        });
  }

  private static Stay stay(Evacuation.Stay stay) {
    Stay xml = new Stay();
    xml.setId(stay.workspace().id().toString());
    xml.setName(stay.workspace().name());
    xml.setWhy(Refused.onTheWire(stay.why()).toXml());
    return xml;
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
