package org.hospes.bench;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hospes.contract.common.Forward;
import org.hospes.contract.common.SignatureForm;
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
import org.hospes.contract.workspace.Moment;
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
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.wire.security.CallContext;

/** Describes one running workspace, as full as they come, to its caller; does nothing else. */
final class OneWorkspace implements WorkspacePort {
  private static final Instant BEGIN = Instant.parse("2026-01-01T12:00:00.123Z");

  @Override
  public DescribeResponse describe(Describe request) {
    Workspace workspace = new Workspace();
    workspace.setId(new UUID(1, 2).toString());
    workspace.setName(request.getId());
    workspace.setState(WorkspaceState.RUNNING);
    workspace.setGoal(WorkspaceGoal.RUN);
    workspace.setReason("the guest runs");
    workspace.setImageName("sl6:3");
    workspace.setImageDigest("sha256:" + "0123456789abcdef".repeat(4));
    workspace.setImageSigner("/DC=org/DC=hospes/CN=Bob Builder");
    workspace.setImageForm(SignatureForm.CMS);
    workspace.setCpus(2);
    workspace.setMemoryBytes(2L << 30);
    workspace.setScratchBytes(0);
    workspace.setNode("node1");
    workspace.setAddress("192.168.150.2");
    Forward forward = new Forward();
    forward.setHostAddress("198.51.100.11");
    forward.setHostPort(30000);
    forward.setGuestPort(80);
    workspace.getForward().add(forward);
    workspace.setOwner(CallContext.current().caller().dn().toString());
    workspace.setVirtualOrganisation("demo");
    workspace.setLeaseEnds(BEGIN.plusSeconds(3600));
    List<String> states =
        List.of("REQUESTED", "PLACED", "FETCHED", "VERIFIED", "STAGED", "RUNNING");
    for (int i = 0; i < states.size(); i++) {
      Moment moment = new Moment();
      moment.setState(states.get(i));
      moment.setAt(BEGIN.plusSeconds(i));
      workspace.getMoment().add(moment);
    }
    DescribeResponse response = new DescribeResponse();
    response.setWorkspace(workspace);
    return response;
  }

  @Override
  public DeployResponse deploy(Deploy request) {
    throw unasked();
  }

  @Override
  public ListWorkspacesResponse listWorkspaces(ListWorkspaces request) {
    throw unasked();
  }

  @Override
  public StagingProgressResponse stagingProgress(StagingProgress request) {
    throw unasked();
  }

  @Override
  public ReadConsoleResponse readConsole(ReadConsole request) {
    throw unasked();
  }

  @Override
  public ListNodesResponse listNodes(ListNodes request) {
    throw unasked();
  }

  @Override
  public ExtendResponse extend(Extend request) {
    throw unasked();
  }

  @Override
  public SnapshotResponse snapshot(SnapshotRequest request) {
    throw unasked();
  }

  @Override
  public RollbackResponse rollback(SnapshotRequest request) {
    throw unasked();
  }

  @Override
  public DeleteSnapshotResponse deleteSnapshot(SnapshotRequest request) {
    throw unasked();
  }

  @Override
  public SaveResponse save(Save request) {
    throw unasked();
  }

  @Override
  public PauseResponse pause(Pause request) {
    throw unasked();
  }

  @Override
  public RebootResponse reboot(Reboot request) {
    throw unasked();
  }

  @Override
  public MigrateResponse migrate(Migrate request) {
    throw unasked();
  }

  @Override
  public SuspendResponse suspend(Suspend request) {
    throw unasked();
  }

  @Override
  public ResumeResponse resume(Resume request) {
    throw unasked();
  }

  @Override
  public StopResponse stop(Stop request) {
    throw unasked();
  }

  @Override
  public StartResponse start(Start request) {
    throw unasked();
  }

  @Override
  public DrainNodeResponse drainNode(DrainNode request) {
    throw unasked();
  }

  @Override
  public UndrainNodeResponse undrainNode(UndrainNode request) {
    throw unasked();
  }

  @Override
  public ExplainResponse explain(Explain request) {
    throw unasked();
  }

  @Override
  public EnrolNodeResponse enrolNode(EnrolNode request) {
    throw unasked();
  }

  @Override
  public ReceiptsResponse receipts(Receipts request) {
    throw unasked();
  }

  @Override
  public AuditHeadsResponse auditHeads(AuditHeads request) {
    throw unasked();
  }

  @Override
  public DestroyResponse destroy(Destroy request) {
    throw unasked();
  }

  private static UnsupportedOperationException unasked() {
    return new UnsupportedOperationException("the benchmark asks to describe, and nothing else");
  }
}
