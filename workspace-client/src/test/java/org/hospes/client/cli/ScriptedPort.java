package org.hospes.client.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hospes.contract.common.ConsoleChunk;
import org.hospes.contract.common.Crash;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Forward;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.common.Snapshot;
import org.hospes.contract.workspace.AuditHeads;
import org.hospes.contract.workspace.AuditHeadsResponse;
import org.hospes.contract.workspace.Decision;
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
import org.hospes.contract.workspace.Migration;
import org.hospes.contract.workspace.Moment;
import org.hospes.contract.workspace.Node;
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
import org.hospes.contract.workspace.SavedDisk;
import org.hospes.contract.workspace.SnapshotRequest;
import org.hospes.contract.workspace.SnapshotResponse;
import org.hospes.contract.workspace.StagingProgress;
import org.hospes.contract.workspace.StagingProgressResponse;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.StartResponse;
import org.hospes.contract.workspace.Stay;
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
import org.hospes.wire.refusal.RefusalException;

/** A service of one workspace that answers as the test says. */
final class ScriptedPort implements WorkspacePort {
  static final String ID = "0c9a4d7e-1111-4222-8333-444455556666";

  volatile WorkspaceState state = WorkspaceState.REQUESTED;
  volatile String name = "my workspace";
  volatile String console = "";

  /** What the console's log is like next, each once somebody asked for more than there is. */
  final Queue<String> laterConsoles = new ConcurrentLinkedQueue<>();

  /** Whether the last of them is the end. */
  volatile boolean consoleEnds;

  volatile RefusalException refusal;
  volatile RefusalException failure;
  volatile boolean drifted;

  /** It answers, and nothing comes of it. */
  volatile boolean deaf;

  volatile long clockOffSeconds;
  volatile Deploy asked;
  volatile Extend extended;
  volatile String lastWords;
  volatile Stop stopped;
  volatile DrainNode drained;
  volatile Migrate migrated;

  /** What stays on a node that is to be emptied. */
  final Map<String, RefusalException> stays = new ConcurrentHashMap<>();

  /** How often a drained node is looked at before it is empty. */
  volatile int looksUntilEmpty;

  volatile Reboot rebooted;
  volatile WorkspaceGoal goal = WorkspaceGoal.RUN;
  volatile SnapshotRequest snapshotAsked;
  volatile RefusalException setback;

  /** What comes of a wish to save; null for nothing. */
  volatile SavedDisk savedDisk;

  volatile boolean saved;
  volatile Explain explained;
  final List<Decision> decisions = new CopyOnWriteArrayList<>();

  /** Receipts, and what is told of chains, by chain; the service's own under "". */
  volatile byte[] excerpt;

  /** Pages of receipts, by how many come before them. */
  final NavigableMap<Long, byte[]> excerpts = new ConcurrentSkipListMap<>();

  final Map<String, byte[]> chains = new ConcurrentHashMap<>();
  volatile String enrolled;
  final List<String> snapshots = new CopyOnWriteArrayList<>();

  void reset() {
    state = WorkspaceState.REQUESTED;
    name = "my workspace";
    console = "";
    laterConsoles.clear();
    consoleEnds = false;
    refusal = null;
    failure = null;
    drifted = false;
    deaf = false;
    clockOffSeconds = 0;
    asked = null;
    extended = null;
    lastWords = null;
    stopped = null;
    drained = null;
    migrated = null;
    stays.clear();
    looksUntilEmpty = 0;
    rebooted = null;
    goal = WorkspaceGoal.RUN;
    snapshotAsked = null;
    setback = null;
    savedDisk = null;
    saved = false;
    explained = null;
    decisions.clear();
    excerpt = null;
    excerpts.clear();
    chains.clear();
    enrolled = null;
    snapshots.clear();
  }

  private Workspace workspace() {
    if (refusal != null) {
      throw refusal;
    }
    Workspace w = new Workspace();
    w.setId(ID);
    w.setName(name);
    w.setState(state);
    w.setGoal(goal);
    w.setReason("as the test says");
    if (failure != null) {
      w.setRefusal(failure.toXml());
    }
    if (lastWords != null) {
      Crash crash = new Crash();
      crash.setAt(Instant.parse("2026-11-20T11:00:00Z"));
      crash.setConsole(lastWords);
      w.setCrash(crash);
    }
    w.setImageName("tiny:1");
    w.setImageDigest("sha256:" + "ab".repeat(32));
    w.setImageSigner("/DC=org/DC=hospes/CN=Bob Builder");
    w.setImageForm(SignatureForm.CLASSIC_SHA_1);
    w.setCpus(1);
    w.setMemoryBytes(1 << 28);
    w.setNode(migrated == null || goal == WorkspaceGoal.MIGRATE ? "node1" : migrated.getTo());
    if (goal == WorkspaceGoal.MIGRATE) {
      Migration migration = new Migration();
      migration.setFrom("node1");
      migration.setTo("node2");
      migration.setSince(Instant.parse("2026-11-20T11:00:00Z"));
      w.setMigration(migration);
    }
    w.setAddress("192.168.150.2");
    Forward forward = new Forward();
    forward.setHostAddress("198.51.100.11");
    forward.setHostPort(30001);
    forward.setGuestPort(80);
    w.getForward().add(forward);
    w.setOwner("/DC=org/DC=hospes/CN=Ada Physicist");
    w.setLeaseEnds(Instant.parse("2026-11-20T14:00:00Z"));
    Moment moment = new Moment();
    moment.setState("REQUESTED");
    moment.setAt(Instant.parse("2026-11-20T10:00:00Z"));
    w.getMoment().add(moment);
    for (String kept : snapshots) {
      Snapshot snapshot = new Snapshot();
      snapshot.setName(kept);
      snapshot.setTakenAt(Instant.parse("2026-11-20T11:00:00Z"));
      snapshot.setBytes(3 << 20);
      snapshot.setCurrent(true);
      snapshot.setMemory(true);
      w.getSnapshot().add(snapshot);
    }
    if (saved) {
      w.setSavedDisk(savedDisk);
    }
    if (setback != null) {
      w.setSetback(setback.toXml());
    }
    return w;
  }

  @Override
  public DeployResponse deploy(Deploy request) {
    asked = request;
    DeployResponse answer = new DeployResponse();
    answer.setWorkspace(workspace());
    answer.getDecision().addAll(decisions);
    return answer;
  }

  @Override
  public ListWorkspacesResponse listWorkspaces(ListWorkspaces request) {
    ListWorkspacesResponse answer = new ListWorkspacesResponse();
    answer.getWorkspace().add(workspace());
    return answer;
  }

  @Override
  public DescribeResponse describe(Describe request) {
    DescribeResponse answer = new DescribeResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public StagingProgressResponse stagingProgress(StagingProgress request) {
    StagingProgressResponse answer = new StagingProgressResponse();
    answer.setState(state);
    return answer;
  }

  @Override
  public ReadConsoleResponse readConsole(ReadConsole request) {
    byte[] all = console.getBytes(UTF_8);
    int from = (int) Math.min(request.getOffset(), all.length);
    ConsoleChunk chunk = new ConsoleChunk();
    chunk.setOffset(from);
    chunk.setBytes(java.util.Arrays.copyOfRange(all, from, all.length));
    chunk.setNextOffset(all.length);
    if (from == all.length) {
      chunk.setEnded(consoleEnds && laterConsoles.isEmpty());
      console = laterConsoles.isEmpty() ? console : laterConsoles.remove();
    }
    ReadConsoleResponse answer = new ReadConsoleResponse();
    answer.setChunk(chunk);
    return answer;
  }

  @Override
  public ListNodesResponse listNodes(ListNodes request) {
    Node node = new Node();
    node.setName("node1");
    node.setDn("/DC=org/DC=hospes/CN=node1");
    node.setAlive(true);
    node.setHypervisor("qemu");
    if (drained != null && drained.getNode().equals("node1")) {
      node.setDrainedBy("/DC=org/DC=hospes/CN=Olivia Operator");
      node.setDrainedSince(Instant.parse("2026-11-20T10:00:00Z"));
      node.setDrainMigrates(drained.isMigrate());
    }
    node.getCapability().add("stop");
    node.setPolicyDrifted(drifted);
    ListNodesResponse answer = new ListNodesResponse();
    answer.getNode().add(node);
    answer.setServicePolicyDigest("sha256:" + "cd".repeat(32));
    answer.getWarning().add("the image policy accepts signatures over SHA-1");
    answer.setRepositoryAddress("https://localhost:1");
    answer.setNow(Instant.now().plusSeconds(clockOffSeconds));
    return answer;
  }

  @Override
  public ExtendResponse extend(Extend request) {
    extended = request;
    ExtendResponse answer = new ExtendResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public SnapshotResponse snapshot(SnapshotRequest request) {
    Workspace w = asked(request, WorkspaceGoal.SNAPSHOT);
    if (setback == null) {
      snapshots.add(request.getName());
    }
    SnapshotResponse response = new SnapshotResponse();
    response.setWorkspace(w);
    return response;
  }

  @Override
  public RollbackResponse rollback(SnapshotRequest request) {
    RollbackResponse response = new RollbackResponse();
    response.setWorkspace(asked(request, WorkspaceGoal.ROLLBACK));
    return response;
  }

  @Override
  public DeleteSnapshotResponse deleteSnapshot(SnapshotRequest request) {
    DeleteSnapshotResponse response = new DeleteSnapshotResponse();
    response.setWorkspace(asked(request, WorkspaceGoal.DELETE_SNAPSHOT));
    snapshots.remove(request.getName());
    return response;
  }

  @Override
  public SaveResponse save(Save request) {
    Workspace w = workspace();
    if (!saved) {
      w.setGoal(WorkspaceGoal.FLATTEN);
      w.setSetback(null);
    }
    saved = true;
    SaveResponse response = new SaveResponse();
    response.setWorkspace(w);
    return response;
  }

  /** As it is answered at once: on its way, and nothing known of what will come of it. */
  private Workspace asked(SnapshotRequest request, WorkspaceGoal what) {
    snapshotAsked = request;
    Workspace w = workspace();
    w.setGoal(what);
    w.setSetback(null);
    return w;
  }

  @Override
  public PauseResponse pause(Pause request) {
    state = deaf ? state : WorkspaceState.PAUSED;
    PauseResponse answer = new PauseResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public SuspendResponse suspend(Suspend request) {
    state = deaf ? state : WorkspaceState.SUSPENDED;
    SuspendResponse answer = new SuspendResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public ResumeResponse resume(Resume request) {
    state = deaf ? state : WorkspaceState.RUNNING;
    ResumeResponse answer = new ResumeResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public StopResponse stop(Stop request) {
    stopped = request;
    state = deaf ? state : WorkspaceState.STOPPED;
    StopResponse answer = new StopResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public RebootResponse reboot(Reboot request) {
    rebooted = request;
    goal = deaf ? WorkspaceGoal.REBOOT : goal;
    RebootResponse answer = new RebootResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public StartResponse start(Start request) {
    state = deaf ? state : WorkspaceState.RUNNING;
    StartResponse answer = new StartResponse();
    answer.setWorkspace(workspace());
    return answer;
  }

  @Override
  public MigrateResponse migrate(Migrate request) {
    migrated = request;
    WorkspaceGoal before = goal;
    goal = WorkspaceGoal.MIGRATE;
    MigrateResponse answer = new MigrateResponse();
    answer.setWorkspace(workspace());
    answer.getWorkspace().setSetback(null);
    goal = deaf ? goal : before;
    return answer;
  }

  @Override
  public DrainNodeResponse drainNode(DrainNode request) {
    drained = request;
    DrainNodeResponse answer = new DrainNodeResponse();
    answer.setDrainedBy("/DC=org/DC=hospes/CN=Olivia Operator");
    answer.setDrainedSince(Instant.parse("2026-11-20T10:00:00Z"));
    answer.setWorkspaces(1);
    if (Boolean.TRUE.equals(request.isMigrate())) {
      boolean empty = looksUntilEmpty-- <= 0;
      answer.setWorkspaces(stays.size() + (empty ? 0 : 1));
      answer.setMoving(empty ? 0 : 1);
      for (Map.Entry<String, RefusalException> each : stays.entrySet()) {
        Stay stay = new Stay();
        stay.setId(each.getKey());
        stay.setName("sl6");
        stay.setWhy(each.getValue().toXml());
        answer.getStay().add(stay);
      }
    }
    return answer;
  }

  @Override
  public UndrainNodeResponse undrainNode(UndrainNode request) {
    drained = null;
    return new UndrainNodeResponse();
  }

  @Override
  public ExplainResponse explain(Explain request) {
    explained = request;
    ExplainResponse answer = new ExplainResponse();
    answer.getDecision().addAll(decisions);
    return answer;
  }

  @Override
  public EnrolNodeResponse enrolNode(EnrolNode request) {
    enrolled = request.getNode();
    EnrolNodeResponse answer = new EnrolNodeResponse();
    answer.setChain(ID);
    answer.setCountersigned(7);
    return answer;
  }

  @Override
  public ReceiptsResponse receipts(Receipts request) {
    if (!excerpts.isEmpty()) {
      ReceiptsResponse page = new ReceiptsResponse();
      page.setBundle(excerpts.get(request.getAfter()));
      page.setNext(excerpts.higherKey(request.getAfter()));
      return page;
    }
    if (excerpt == null) {
      throw RefusalException.of(FaultCategory.NOT_FOUND, "receipt.none", "none yet");
    }
    ReceiptsResponse answer = new ReceiptsResponse();
    answer.setBundle(excerpt);
    return answer;
  }

  @Override
  public AuditHeadsResponse auditHeads(AuditHeads request) {
    byte[] lines = chains.get(request.getChain() == null ? "" : request.getChain());
    AuditHeadsResponse answer = new AuditHeadsResponse();
    answer.setLines(request.getAfter() == 0 && lines != null ? lines : new byte[0]);
    answer.setNext(request.getAfter() == 0 ? 9 : request.getAfter());
    return answer;
  }

  @Override
  public DestroyResponse destroy(Destroy request) {
    DestroyResponse answer = new DestroyResponse();
    answer.setWorkspace(workspace());
    return answer;
  }
}
