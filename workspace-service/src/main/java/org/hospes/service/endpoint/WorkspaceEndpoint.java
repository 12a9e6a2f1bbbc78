package org.hospes.service.endpoint;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.hospes.contract.workspace.AuditHeads;
import org.hospes.contract.workspace.AuditHeadsResponse;
import org.hospes.contract.workspace.DeleteSnapshotResponse;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.DeployResponse;
import org.hospes.contract.workspace.Describe;
import org.hospes.contract.workspace.DescribeResponse;
import org.hospes.contract.workspace.Destroy;
import org.hospes.contract.workspace.DestroyResponse;
import org.hospes.contract.workspace.DrainNode;
import org.hospes.contract.workspace.DrainNodeResponse;
import org.hospes.contract.workspace.EnrolNode;
import org.hospes.contract.workspace.EnrolNodeResponse;
import org.hospes.contract.workspace.Explain;
import org.hospes.contract.workspace.ExplainResponse;
import org.hospes.contract.workspace.Extend;
import org.hospes.contract.workspace.ExtendResponse;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.ListNodesResponse;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.ListWorkspacesResponse;
import org.hospes.contract.workspace.Migrate;
import org.hospes.contract.workspace.MigrateResponse;
import org.hospes.contract.workspace.Pause;
import org.hospes.contract.workspace.PauseResponse;
import org.hospes.contract.workspace.ReadConsole;
import org.hospes.contract.workspace.ReadConsoleResponse;
import org.hospes.contract.workspace.Reboot;
import org.hospes.contract.workspace.RebootResponse;
import org.hospes.contract.workspace.Receipts;
import org.hospes.contract.workspace.ReceiptsResponse;
import org.hospes.contract.workspace.Resume;
import org.hospes.contract.workspace.ResumeResponse;
import org.hospes.contract.workspace.RollbackResponse;
import org.hospes.contract.workspace.Save;
import org.hospes.contract.workspace.SaveResponse;
import org.hospes.contract.workspace.SnapshotRequest;
import org.hospes.contract.workspace.SnapshotResponse;
import org.hospes.contract.workspace.StagingProgress;
import org.hospes.contract.workspace.StagingProgressResponse;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.StartResponse;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.StopResponse;
import org.hospes.contract.workspace.Suspend;
import org.hospes.contract.workspace.SuspendResponse;
import org.hospes.contract.workspace.UndrainNode;
import org.hospes.contract.workspace.UndrainNodeResponse;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.service.admission.Admission;
import org.hospes.service.admission.Admitted;
import org.hospes.service.admission.Applicant;
import org.hospes.service.admission.Decision;
import org.hospes.service.admission.Explanation;
import org.hospes.service.admission.LeaseExtension;
import org.hospes.service.admission.Rights;
import org.hospes.service.admission.RunRequest;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.lifecycle.Evacuation;
import org.hospes.service.lifecycle.LifecycleDriver;
import org.hospes.service.lifecycle.Wishes;
import org.hospes.service.node.Drains;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.receipt.ReceiptDesk;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServerSetup;

/**
 * What a grid user asks of a site: messages to records and back; whatever is refused is audited
 * here, but for {@code deploy}, whose decisions admission takes down by itself.
 */
public final class WorkspaceEndpoint implements WorkspacePort {
  /** Parts that the endpoint asks. */
  public record Parties(
      Admission admission,
      LeaseExtension extension,
      Explanation explanation,
      Rights rights,
      LifecycleDriver lifecycle,
      Wishes wishes,
      Evacuation evacuation,
      WorkspaceRepository workspaces,
      NodeRegistry nodes,
      Drains drains,
      NodeGateway gateway,
      ReceiptDesk receipts,
      AuditLog audit) {}

  private final Parties parties;
  private final Wishes wishes;
  private final Lookup lookup;
  private final CallAudit audit;
  private final Answers answers;
  private final WorkspaceReads reads;
  private final NodeAdministration administration;
  private final ReceiptReads receipts;
  private final KeptMessages messages;
  private final Supplier<CallContext> call;

  /**
   * Wires it.
   *
   * @param nodes the names of the site's nodes, by their DN
   * @param call the call that this thread answers
   */
  public WorkspaceEndpoint(
      Parties parties,
      Supplier<SiteFacts> site,
      Supplier<Map<DistinguishedName, String>> nodes,
      Supplier<CallContext> call,
      Clock clock) {
    this.parties = parties;
    this.wishes = parties.wishes();
    this.lookup = new Lookup(parties.workspaces(), parties.rights());
    this.audit = new CallAudit(parties.audit(), call, parties.rights()::version, clock);
    this.answers = new Answers(parties.rights(), audit, call);
    this.reads = new WorkspaceReads(parties, answers, audit, lookup, site, clock);
    this.administration = new NodeAdministration(parties, answers, audit, clock);
    this.receipts = new ReceiptReads(parties, nodes, answers, audit, lookup);
    this.call = call;
    this.messages = new KeptMessages(call, clock);
  }

  /** Adds this port to a server, at its place: {@code /workspace}, every message signed. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server.signed("/workspace", this, WorkspacePort.class, "wsdl/workspace.wsdl");
  }

  @Override
  public DeployResponse deploy(Deploy request) {
    CallContext context = call.get();
    String messageId = context.messageId().orElse("-");
    Admitted admitted;
    try {
      admitted =
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
      throw Answers.onTheWire(e, context);
    }
    DeployResponse response = new DeployResponse();
    response.setWorkspace(WorkspaceWriting.workspace(admitted.workspace()));
    admitted.decisions().stream().map(Explaining::written).forEach(response.getDecision()::add);
    return response;
  }

  @Override
  public ExplainResponse explain(Explain request) {
    return answers.give(
        "explain",
        caller -> {
          CallContext context = call.get();
          ExplainResponse response = new ExplainResponse();
          parties
              .explanation()
              .of(
                  new Applicant(caller, context.messageId().orElse("-"), context.remoteAddress()),
                  Explaining.read(request))
              .stream()
              .map(Explaining::written)
              .forEach(response.getDecision()::add);
          return response;
        });
  }

  @Override
  public ListWorkspacesResponse listWorkspaces(ListWorkspaces request) {
    return reads.listWorkspaces(request);
  }

  @Override
  public DescribeResponse describe(Describe request) {
    return reads.describe(request);
  }

  @Override
  public StagingProgressResponse stagingProgress(StagingProgress request) {
    return reads.stagingProgress(request);
  }

  @Override
  public ReadConsoleResponse readConsole(ReadConsole request) {
    return reads.readConsole(request);
  }

  @Override
  public ListNodesResponse listNodes(ListNodes request) {
    return reads.listNodes(request);
  }

  @Override
  public DrainNodeResponse drainNode(DrainNode request) {
    return administration.drain(request);
  }

  @Override
  public UndrainNodeResponse undrainNode(UndrainNode request) {
    return administration.undrain(request);
  }

  @Override
  public EnrolNodeResponse enrolNode(EnrolNode request) {
    return receipts.enrol(request);
  }

  @Override
  public ReceiptsResponse receipts(Receipts request) {
    return receipts.receipts(request);
  }

  @Override
  public AuditHeadsResponse auditHeads(AuditHeads request) {
    return receipts.auditHeads(request);
  }

  @Override
  public ExtendResponse extend(Extend request) {
    ExtendResponse response = new ExtendResponse();
    response.setWorkspace(
        saved("extend", request.getId(), (caller, w) -> extended(caller, w, request)));
    return response;
  }

  private Wanted extended(Caller caller, Workspace workspace, Extend request) {
    AtomicReference<Decision> by = new AtomicReference<>();
    Optional<Workspace> saved =
        parties
            .lifecycle()
            .wish(
                workspace.id(),
                SavedMove.EXTENDED,
                caller.dn().slash(),
                w -> parties.extension().extended(caller, w, request.getLeaseEnds(), by::set));
    return new Wanted(saved, Optional.ofNullable(by.get()));
  }

  @Override
  public PauseResponse pause(Pause request) {
    PauseResponse response = new PauseResponse();
    response.setWorkspace(wished("pause", request.getId(), wishes::pause));
    return response;
  }

  @Override
  public SuspendResponse suspend(Suspend request) {
    SuspendResponse response = new SuspendResponse();
    response.setWorkspace(wished("suspend", request.getId(), wishes::suspend));
    return response;
  }

  @Override
  public ResumeResponse resume(Resume request) {
    ResumeResponse response = new ResumeResponse();
    response.setWorkspace(wishedToRunOn("resume", request.getId(), Wishes::resume));
    return response;
  }

  @Override
  public StopResponse stop(Stop request) {
    Duration grace = Duration.ofSeconds(request.getGraceSeconds());
    StopResponse response = new StopResponse();
    response.setWorkspace(
        wished("stop", request.getId(), (id, who) -> wishes.stop(id, grace, who)));
    return response;
  }

  @Override
  public RebootResponse reboot(Reboot request) {
    Duration grace = Duration.ofSeconds(request.getGraceSeconds());
    RebootResponse response = new RebootResponse();
    response.setWorkspace(
        wishedToRun("reboot", request.getId(), (asked, id, who) -> asked.reboot(id, grace, who)));
    return response;
  }

  @Override
  public StartResponse start(Start request) {
    StartResponse response = new StartResponse();
    response.setWorkspace(wishedToRunOn("start", request.getId(), Wishes::start));
    return response;
  }

  @Override
  public SnapshotResponse snapshot(SnapshotRequest request) {
    String name = request.getName();
    SnapshotResponse response = new SnapshotResponse();
    response.setWorkspace(
        wished("snapshot", request.getId(), (id, who) -> wishes.snapshot(id, name, who)));
    return response;
  }

  @Override
  public RollbackResponse rollback(SnapshotRequest request) {
    String name = request.getName();
    RollbackResponse response = new RollbackResponse();
    response.setWorkspace(
        saved(
            "rollback",
            request.getId(),
            (caller, w) ->
                new Wanted(
                    wishes
                        .askedBy(messages.of("rollback", w.id(), false))
                        .rollback(w.id(), name, caller.dn().slash()),
                    Optional.empty())));
    return response;
  }

  @Override
  public DeleteSnapshotResponse deleteSnapshot(SnapshotRequest request) {
    String name = request.getName();
    DeleteSnapshotResponse response = new DeleteSnapshotResponse();
    response.setWorkspace(
        wished(
            "delete-snapshot", request.getId(), (id, who) -> wishes.deleteSnapshot(id, name, who)));
    return response;
  }

  @Override
  public MigrateResponse migrate(Migrate request) {
    Optional<String> to = Optional.ofNullable(request.getTo());
    boolean cold = Boolean.TRUE.equals(request.isCold());
    MigrateResponse response = new MigrateResponse();
    response.setWorkspace(
        wishedToRun(
            "migrate", request.getId(), (asked, id, who) -> asked.migrate(id, to, cold, who)));
    return response;
  }

  @Override
  public SaveResponse save(Save request) {
    SaveResponse response = new SaveResponse();
    response.setWorkspace(wished("save", request.getId(), wishes::save));
    return response;
  }

  @Override
  public DestroyResponse destroy(Destroy request) {
    DestroyResponse response = new DestroyResponse();
    response.setWorkspace(wished("destroy", request.getId(), parties.lifecycle()::destroy));
    return response;
  }

  /** Saves what is wanted of a workspace; empty when it is gone. */
  private interface Wish {
    Optional<Workspace> save(WorkspaceId id, String who);
  }

  /** The same of one to run, by wishes that keep the message that asks. */
  private interface WishToRun {
    Optional<Workspace> save(Wishes asked, WorkspaceId id, String who);
  }

  /**
   * What came of it.
   *
   * @param by which rule let it, where the run policy was asked
   */
  private record Wanted(Optional<Workspace> saved, Optional<Decision> by) {}

  /** What a caller wants of a workspace that it may handle. */
  private org.hospes.contract.workspace.Workspace wished(String event, String id, Wish wish) {
    return saved(
        event,
        id,
        (caller, w) -> new Wanted(wish.save(w.id(), caller.dn().slash()), Optional.empty()));
  }

  /** The same, where it ran already and will again by it. */
  private org.hospes.contract.workspace.Workspace wishedToRun(
      String event, String id, WishToRun wish) {
    return saved(
        event,
        id,
        (caller, w) -> {
          Decision by = parties.rights().requireMayRunAgain(caller);
          return new Wanted(kept(event, w, wish, caller), Optional.of(by));
        });
  }

  /** The same, where it did not run, and must be within limits and quotas as when deployed. */
  private org.hospes.contract.workspace.Workspace wishedToRunOn(
      String event, String id, WishToRun wish) {
    return saved(
        event,
        id,
        (caller, w) -> {
          Decision by = parties.rights().requireMayRunOn(caller, w, RunRequest.again(w));
          return new Wanted(kept(event, w, wish, caller), Optional.of(by));
        });
  }

  private Optional<Workspace> kept(
      String event, Workspace workspace, WishToRun wish, Caller caller) {
    Wishes asked = wishes.askedBy(messages.of(event, workspace.id(), true));
    return wish.save(asked, workspace.id(), caller.dn().slash());
  }

  private org.hospes.contract.workspace.Workspace saved(
      String event, String id, BiFunction<Caller, Workspace, Wanted> saving) {
    return answers.give(
        event,
        caller -> {
          parties.rights().requireMayChange(caller);
          Workspace workspace = lookup.byId(caller, id);
          Wanted wanted = saving.apply(caller, workspace);
          audit.accepted(event, caller, workspace, wanted.by());
          return WorkspaceWriting.workspace(wanted.saved().orElse(workspace));
        });
  }
}
