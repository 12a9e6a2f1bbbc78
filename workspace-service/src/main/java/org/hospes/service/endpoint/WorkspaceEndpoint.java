package org.hospes.service.endpoint;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.DeployResponse;
import org.hospes.contract.workspace.Describe;
import org.hospes.contract.workspace.DescribeResponse;
import org.hospes.contract.workspace.Destroy;
import org.hospes.contract.workspace.DestroyResponse;
import org.hospes.contract.workspace.Extend;
import org.hospes.contract.workspace.ExtendResponse;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.ListNodesResponse;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.ListWorkspacesResponse;
import org.hospes.contract.workspace.Pause;
import org.hospes.contract.workspace.PauseResponse;
import org.hospes.contract.workspace.ReadConsole;
import org.hospes.contract.workspace.ReadConsoleResponse;
import org.hospes.contract.workspace.Resume;
import org.hospes.contract.workspace.ResumeResponse;
import org.hospes.contract.workspace.StagingProgress;
import org.hospes.contract.workspace.StagingProgressResponse;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.StartResponse;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.StopResponse;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.service.admission.Admission;
import org.hospes.service.admission.Applicant;
import org.hospes.service.admission.LeaseExtension;
import org.hospes.service.admission.Rights;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.lifecycle.LifecycleDriver;
import org.hospes.service.lifecycle.Wishes;
import org.hospes.service.node.Guest;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.caller.Caller;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServerSetup;

/**
 * What a grid user asks of a site: messages to records and back; whatever is refused is audited
 * here, but for {@code deploy}, whose decisions admission takes down by itself.
 */
public final class WorkspaceEndpoint implements WorkspacePort {
  private static final int USUAL_PAGE = 100;
  private static final int LARGEST_PAGE = 500;
  private static final int USUAL_CONSOLE = 64 << 10;
  private static final int LARGEST_CONSOLE = 1 << 20;
  private static final int MOST_WARNINGS = 16;

  /** Parts that the endpoint asks. */
  public record Parties(
      Admission admission,
      LeaseExtension extension,
      Rights rights,
      LifecycleDriver lifecycle,
      Wishes wishes,
      WorkspaceRepository workspaces,
      NodeRegistry nodes,
      NodeGateway gateway,
      AuditLog audit) {}

  private final Parties parties;
  private final Lookup lookup;
  private final Consoles consoles;
  private final CallAudit audit;
  private final Supplier<SiteFacts> site;
  private final Supplier<CallContext> call;
  private final Clock clock;

  /**
   * Wires it.
   *
   * @param call the call that this thread answers
   */
  public WorkspaceEndpoint(
      Parties parties, Supplier<SiteFacts> site, Supplier<CallContext> call, Clock clock) {
    this.parties = parties;
    this.lookup = new Lookup(parties.workspaces(), parties.rights());
    this.audit = new CallAudit(parties.audit(), call, clock);
    this.consoles = new Consoles(parties.nodes(), parties.gateway());
    this.site = site;
    this.call = call;
    this.clock = clock;
  }

  /** Adds this port to a server, at its place: {@code /workspace}, every message signed. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server.signed("/workspace", this, WorkspacePort.class, "wsdl/workspace.wsdl");
  }

  @Override
  public DeployResponse deploy(Deploy request) {
    CallContext context = call.get();
    String messageId = context.messageId().orElse("-");
    Workspace workspace;
    try {
      workspace =
          parties
              .admission()
              .admit(
                  new Applicant(context.caller(), messageId, context.remoteAddress()),
                  DeployReading.read(request),
                  context.signedMessage());
    } catch (RefusedException e) {
      if (e.refusal().code().equals("request.invalid")) {
        audit.refused(context, "deploy", e.refusal());
      }
      throw onTheWire(e, context);
    }
    DeployResponse response = new DeployResponse();
    response.setWorkspace(WorkspaceWriting.workspace(workspace));
    return response;
  }

  @Override
  public ListWorkspacesResponse listWorkspaces(ListWorkspaces request) {
    return answer(
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
          page.stream()
              .limit(size)
              .map(WorkspaceWriting::workspace)
              .forEach(response.getWorkspace()::add);
          if (page.size() > size) {
            response.setNextPageToken(page.get(size - 1).id().toString());
          }
          return response;
        });
  }

  @Override
  public DescribeResponse describe(Describe request) {
    return answer(
        "describe",
        caller -> {
          Workspace workspace = lookup.byText(caller, request.getId());
          audit.looked("describe", caller, workspace);
          DescribeResponse response = new DescribeResponse();
          response.setWorkspace(WorkspaceWriting.workspace(workspace));
          return response;
        });
  }

  @Override
  public StagingProgressResponse stagingProgress(StagingProgress request) {
    return answer(
        "progress",
        caller -> {
          Workspace workspace = lookup.byId(caller, request.getId());
          StagingProgressResponse response = new StagingProgressResponse();
          response.setState(WorkspaceState.valueOf(workspace.state().name()));
          workspace
              .node()
              .flatMap(node -> parties.nodes().guest(node, workspace.id()))
              .flatMap(Guest::progress)
              .map(WorkspaceWriting::progress)
              .ifPresent(response::setProgress);
          return response;
        });
  }

  @Override
  public ReadConsoleResponse readConsole(ReadConsole request) {
    return answer(
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

  @Override
  public ListNodesResponse listNodes(ListNodes request) {
    return answer(
        "nodes",
        caller -> {
          SiteFacts facts = site.get();
          ListNodesResponse response = new ListNodesResponse();
          if (parties.rights().maySeeNodes(caller)) {
            List<Workspace> reserved = parties.workspaces().unfinished();
            for (Node node : parties.nodes().nodes()) {
              response
                  .getNode()
                  .add(
                      WorkspaceWriting.node(
                          node,
                          !parties.nodes().silent(node.name()),
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

  @Override
  public ExtendResponse extend(Extend request) {
    ExtendResponse response = new ExtendResponse();
    response.setWorkspace(
        wish(
            "extend",
            request.getId(),
            (caller, id) ->
                parties
                    .lifecycle()
                    .wish(
                        id,
                        SavedMove.EXTENDED,
                        caller.dn().slash(),
                        w -> parties.extension().extended(caller, w, request.getLeaseEnds()))));
    return response;
  }

  @Override
  public PauseResponse pause(Pause request) {
    PauseResponse response = new PauseResponse();
    response.setWorkspace(
        wish(
            "pause",
            request.getId(),
            (caller, id) -> parties.wishes().pause(id, caller.dn().slash())));
    return response;
  }

  @Override
  public ResumeResponse resume(Resume request) {
    ResumeResponse response = new ResumeResponse();
    response.setWorkspace(
        wish(
            "resume",
            request.getId(),
            (caller, id) -> {
              parties.rights().requireMayRunAgain(caller);
              return parties.wishes().resume(id, caller.dn().slash());
            }));
    return response;
  }

  @Override
  public StopResponse stop(Stop request) {
    StopResponse response = new StopResponse();
    response.setWorkspace(
        wish(
            "stop",
            request.getId(),
            (caller, id) ->
                parties
                    .wishes()
                    .stop(id, Duration.ofSeconds(request.getGraceSeconds()), caller.dn().slash())));
    return response;
  }

  @Override
  public StartResponse start(Start request) {
    StartResponse response = new StartResponse();
    response.setWorkspace(
        wish(
            "start",
            request.getId(),
            (caller, id) -> {
              parties.rights().requireMayRunAgain(caller);
              return parties.wishes().start(id, caller.dn().slash());
            }));
    return response;
  }

  @Override
  public DestroyResponse destroy(Destroy request) {
    DestroyResponse response = new DestroyResponse();
    response.setWorkspace(
        wish(
            "destroy",
            request.getId(),
            (caller, id) -> parties.lifecycle().destroy(id, caller.dn().slash())));
    return response;
  }

  /** Saves what a caller wants of a workspace that it may handle. */
  private org.hospes.contract.workspace.Workspace wish(
      String event, String id, BiFunction<Caller, WorkspaceId, Optional<Workspace>> saving) {
    return answer(
        event,
        caller -> {
          parties.rights().requireMayChange(caller);
          Workspace workspace = lookup.byId(caller, id);
          Workspace wanted = saving.apply(caller, workspace.id()).orElse(workspace);
          audit.accepted(event, caller, workspace);
          return WorkspaceWriting.workspace(wanted);
        });
  }

  /** Whoever may not see the nodes has no business with their state; ids are for operators. */
  private Stream<String> warnings(Caller caller, SiteFacts facts) {
    if (parties.rights().operator(caller)) {
      return Stream.concat(facts.warnings().stream(), facts.operatorWarnings().stream());
    }
    return parties.rights().maySeeNodes(caller) ? facts.warnings().stream() : Stream.empty();
  }

  private interface Answer<T> {
    T to(Caller caller);
  }

  private <T> T answer(String event, Answer<T> answer) {
    CallContext context = call.get();
    try {
      parties.rights().requireMayAsk(context.caller());
      return answer.to(context.caller());
    } catch (RefusedException e) {
      audit.refused(context, event, e.refusal());
      throw onTheWire(e, context);
    }
  }

  private static RefusalException onTheWire(RefusedException e, CallContext context) {
    RefusalException wire = Refused.onTheWire(e.refusal());
    return context.messageId().isPresent() ? wire.reference(context.messageId().get()) : wire;
  }
}
