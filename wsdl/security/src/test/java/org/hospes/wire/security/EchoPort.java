package org.hospes.wire.security;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.xml.namespace.QName;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Refusal;
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
import org.hospes.contract.workspace.Refused;
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
import org.hospes.wire.refusal.RefusalException;

/** Says who called, refuses what is named so, and remembers every call that reached it. */
final class EchoPort implements WorkspacePort {
  static final String PATH = "/workspace";
  static final String WSDL = "wsdl/workspace.wsdl";
  static final QName SERVICE = new QName("urn:hospes:workspace:1:wsdl", "WorkspaceService");

  final List<CallContext> calls = new CopyOnWriteArrayList<>();

  static ListWorkspaces ask(String name) {
    ListWorkspaces request = new ListWorkspaces();
    request.setName(name);
    request.setPageSize(10);
    return request;
  }

  @Override
  public ListWorkspacesResponse listWorkspaces(ListWorkspaces request) {
    CallContext call = CallContext.current();
    calls.add(call);
    ListWorkspacesResponse response = new ListWorkspacesResponse();
    response.setNextPageToken(call.caller().dn() + "|" + request.getName());
    return response;
  }

  @Override
  public DescribeResponse describe(Describe request) throws Refused {
    calls.add(CallContext.current());
    switch (request.getId()) {
      case "refuse" ->
          throw RefusalException.of(
                  FaultCategory.NOT_FOUND, "workspace.unknown", "no such\u0001 one")
              .advice("look again")
              .fact("id", "refuse");
      case "typed" -> {
        Refusal refusal = new Refusal();
        refusal.setCategory(FaultCategory.CONFLICT);
        refusal.setCode("token.reused");
        refusal.setMessage("another request had this token");
        throw new Refused("no", refusal);
      }
      default -> throw new IllegalStateException("the secret inside");
    }
  }

  @Override
  public ExtendResponse extend(Extend request) {
    throw new UnsupportedOperationException("extend");
  }

  @Override
  public PauseResponse pause(Pause request) {
    throw new UnsupportedOperationException("pause");
  }

  @Override
  public RebootResponse reboot(Reboot request) {
    throw new UnsupportedOperationException("reboot");
  }

  @Override
  public SnapshotResponse snapshot(SnapshotRequest request) {
    throw new UnsupportedOperationException("snapshot");
  }

  @Override
  public RollbackResponse rollback(SnapshotRequest request) {
    throw new UnsupportedOperationException("rollback");
  }

  @Override
  public DeleteSnapshotResponse deleteSnapshot(SnapshotRequest request) {
    throw new UnsupportedOperationException("deleteSnapshot");
  }

  @Override
  public MigrateResponse migrate(Migrate request) {
    throw new UnsupportedOperationException("migrate");
  }

  @Override
  public SaveResponse save(Save request) {
    throw new UnsupportedOperationException("save");
  }

  @Override
  public SuspendResponse suspend(Suspend request) {
    throw new UnsupportedOperationException("suspend");
  }

  @Override
  public ResumeResponse resume(Resume request) {
    throw new UnsupportedOperationException("resume");
  }

  @Override
  public StopResponse stop(Stop request) {
    throw new UnsupportedOperationException("stop");
  }

  @Override
  public StartResponse start(Start request) {
    throw new UnsupportedOperationException("start");
  }

  @Override
  public DrainNodeResponse drainNode(DrainNode request) {
    throw new UnsupportedOperationException("drainNode");
  }

  @Override
  public UndrainNodeResponse undrainNode(UndrainNode request) {
    throw new UnsupportedOperationException("undrainNode");
  }

  @Override
  public ExplainResponse explain(Explain request) {
    throw new UnsupportedOperationException("explain");
  }

  @Override
  public EnrolNodeResponse enrolNode(EnrolNode request) {
    throw new UnsupportedOperationException("enrolNode");
  }

  @Override
  public ReceiptsResponse receipts(Receipts request) {
    throw new UnsupportedOperationException("receipts");
  }

  @Override
  public AuditHeadsResponse auditHeads(AuditHeads request) {
    throw new UnsupportedOperationException("auditHeads");
  }

  @Override
  public DestroyResponse destroy(Destroy request) {
    throw new UnsupportedOperationException("destroy");
  }

  @Override
  public StagingProgressResponse stagingProgress(StagingProgress request) {
    throw new UnsupportedOperationException("stagingProgress");
  }

  @Override
  public ListNodesResponse listNodes(ListNodes request) {
    throw new UnsupportedOperationException("listNodes");
  }

  @Override
  public DeployResponse deploy(Deploy request) {
    throw new UnsupportedOperationException("deploy");
  }

  @Override
  public ReadConsoleResponse readConsole(ReadConsole request) {
    throw new UnsupportedOperationException("readConsole");
  }
}
