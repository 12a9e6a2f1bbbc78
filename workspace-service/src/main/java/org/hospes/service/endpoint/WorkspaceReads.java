package org.hospes.service.endpoint;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.hospes.contract.workspace.Describe;
import org.hospes.contract.workspace.DescribeResponse;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.ListNodesResponse;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.ListWorkspacesResponse;
import org.hospes.contract.workspace.ReadConsole;
import org.hospes.contract.workspace.ReadConsoleResponse;
import org.hospes.contract.workspace.StagingProgress;
import org.hospes.contract.workspace.StagingProgressResponse;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.service.node.Drains;
import org.hospes.service.node.Guest;
import org.hospes.service.node.Node;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.caller.Caller;

/** What people may look at. Nothing changes by it. */
final class WorkspaceReads {
  private static final int USUAL_PAGE = 100;
  private static final int LARGEST_PAGE = 500;
  private static final int USUAL_CONSOLE = 64 << 10;
  private static final int LARGEST_CONSOLE = 1 << 20;
  private static final int MOST_WARNINGS = 16;

  private final WorkspaceEndpoint.Parties parties;
  private final Answers answers;
  private final CallAudit audit;
  private final Lookup lookup;
  private final Consoles consoles;
  private final Supplier<SiteFacts> site;
  private final Clock clock;

  WorkspaceReads(
      WorkspaceEndpoint.Parties parties,
      Answers answers,
      CallAudit audit,
      Lookup lookup,
      Supplier<SiteFacts> site,
      Clock clock) {
    this.parties = parties;
    this.answers = answers;
    this.audit = audit;
    this.lookup = lookup;
    this.consoles = new Consoles(parties.nodes(), parties.gateway());
    this.site = site;
    this.clock = clock;
  }

  ListWorkspacesResponse listWorkspaces(ListWorkspaces request) {
    return answers.give(
        "list",
        caller -> {
          int size =
              request.getPageSize() <= 0
                  ? USUAL_PAGE
                  : Math.min(request.getPageSize(), LARGEST_PAGE);
          Optional<WorkspaceId> after = ListReading.after(request);
          ListWorkspacesResponse response = new ListWorkspacesResponse();
          Optional<WorkspaceFilter> filter =
              ListReading.filter(parties.rights().scope(caller), request);
          if (filter.isEmpty()) {
            return response;
          }
          List<Workspace> page = parties.workspaces().page(filter.get(), after, size + 1);
          page.stream().limit(size).map(this::listed).forEach(response.getWorkspace()::add);
          if (page.size() > size) {
            response.setNextPageToken(page.get(size - 1).id().toString());
          }
          return response;
        });
  }

  DescribeResponse describe(Describe request) {
    return answers.give(
        "describe",
        caller -> {
          Workspace workspace = lookup.byText(caller, request.getId());
          audit.looked("describe", caller, workspace);
          DescribeResponse response = new DescribeResponse();
          response.setWorkspace(listed(workspace));
          guest(workspace)
              .flatMap(Guest::crash)
              .map(WorkspaceWriting::crash)
              .ifPresent(response.getWorkspace()::setCrash);
          return response;
        });
  }

  StagingProgressResponse stagingProgress(StagingProgress request) {
    return answers.give(
        "progress",
        caller -> {
          Workspace workspace = lookup.byId(caller, request.getId());
          StagingProgressResponse response = new StagingProgressResponse();
          response.setState(WorkspaceState.valueOf(workspace.state().name()));
          guest(workspace)
              .flatMap(Guest::progress)
              .map(WorkspaceWriting::progress)
              .ifPresent(response::setProgress);
          return response;
        });
  }

  ReadConsoleResponse readConsole(ReadConsole request) {
    return answers.give(
        "console",
        caller -> {
          Workspace workspace = lookup.byId(caller, request.getId());
          int most =
              request.getMaxBytes() <= 0
                  ? USUAL_CONSOLE
                  : Math.min(request.getMaxBytes(), LARGEST_CONSOLE);
          if (request.getOffset() <= 0) {
            audit.accepted("console", caller, workspace);
          }
          ReadConsoleResponse response = new ReadConsoleResponse();
          response.setChunk(
              WorkspaceWriting.console(
                  consoles.read(workspace, Math.max(0, request.getOffset()), most)));
          return response;
        });
  }

  ListNodesResponse listNodes(ListNodes request) {
    return answers.give(
        "nodes",
        caller -> {
          SiteFacts facts = site.get();
          ListNodesResponse response = new ListNodesResponse();
          if (parties.rights().maySeeNodes(caller)) {
            List<Workspace> reserved = parties.workspaces().unfinished();
            Map<String, Drains.Drain> drains = parties.drains().all();
            for (Node node : parties.nodes().nodes()) {
              response
                  .getNode()
                  .add(
                      WorkspaceWriting.node(
                          node,
                          !parties.nodes().silent(node.name()),
                          Optional.ofNullable(drains.get(node.name())),
                          Placement.free(node, reserved),
                          (int)
                              reserved.stream()
                                  .filter(w -> w.node().filter(node.name()::equals).isPresent())
                                  .count(),
                          facts.policyDigest()));
            }
          }
          response.setServicePolicyDigest(facts.policyDigest().toString());
          warnings(caller, facts).limit(MOST_WARNINGS).forEach(response.getWarning()::add);
          response.setRepositoryAddress(facts.repositoryAddress().toString());
          response.setNow(clock.instant());
          return response;
        });
  }

  private org.hospes.contract.workspace.Workspace listed(Workspace workspace) {
    var xml = WorkspaceWriting.workspace(workspace);
    if (!workspace.state().terminal()) {
      guest(workspace)
          .flatMap(Guest::imageRefusal)
          .ifPresent(r -> xml.setImageRefusal(Refused.onTheWire(r).toXml()));
    }
    return xml;
  }

  /** As its node told last. */
  private Optional<Guest> guest(Workspace workspace) {
    return workspace.node().flatMap(node -> parties.nodes().guest(node, workspace.id()));
  }

  /** Whoever may not see the nodes has no business with their state; ids are for operators. */
  private Stream<String> warnings(Caller caller, SiteFacts facts) {
    if (parties.rights().operator(caller)) {
      return Stream.concat(facts.warnings().stream(), facts.operatorWarnings().stream());
    }
    return parties.rights().maySeeNodes(caller) ? facts.warnings().stream() : Stream.empty();
  }
}
