package org.hospes.client;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.namespace.QName;
import org.hospes.contract.common.ConsoleChunk;
import org.hospes.contract.common.Fact;
import org.hospes.contract.common.Forward;
import org.hospes.contract.common.OnCrash;
import org.hospes.contract.common.Progress;
import org.hospes.contract.common.Refusal;
import org.hospes.contract.workspace.Decision;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.DeployResponse;
import org.hospes.contract.workspace.Describe;
import org.hospes.contract.workspace.Destroy;
import org.hospes.contract.workspace.DrainNode;
import org.hospes.contract.workspace.DrainNodeResponse;
import org.hospes.contract.workspace.Explain;
import org.hospes.contract.workspace.Extend;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.ListNodesResponse;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.ListWorkspacesResponse;
import org.hospes.contract.workspace.Migrate;
import org.hospes.contract.workspace.Node;
import org.hospes.contract.workspace.Pause;
import org.hospes.contract.workspace.ReadConsole;
import org.hospes.contract.workspace.Reboot;
import org.hospes.contract.workspace.Refused;
import org.hospes.contract.workspace.Resume;
import org.hospes.contract.workspace.Save;
import org.hospes.contract.workspace.SnapshotRequest;
import org.hospes.contract.workspace.StagingProgress;
import org.hospes.contract.workspace.StagingProgressResponse;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.Suspend;
import org.hospes.contract.workspace.UndrainNode;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/**
 * A site's workspace service, in the caller's own terms. Safe for use by many threads. Every call
 * throws a {@code RefusalException} (wrapped or not); {@link Failure#of} reads it.
 */
public final class WorkspaceClient {
  private static final QName SERVICE = new QName("urn:hospes:workspace:1:wsdl", "WorkspaceService");

  private final WorkspacePort port;

  /**
   * @param address of the port, {@code https://host:9443/workspace}
   */
  public WorkspaceClient(SecureClient client, URI address, ExpectedServer expected) {
    this.port =
        client.signed(WorkspacePort.class, SERVICE, "wsdl/workspace.wsdl", address, expected);
  }

  /** What it gives out of receipts. */
  public ReceiptClient receipts() {
    return new ReceiptClient(port);
  }

  /** Asks for a workspace; the same token asks for the same one. */
  public WorkspaceView deploy(DeployOrder order) throws Refused {
    return view(port.deploy(request(order)).getWorkspace());
  }

  /** What would come of an order that is a dry run, and by which rules. */
  public DryRunView dryRun(DeployOrder order) throws Refused {
    DeployResponse answer = port.deploy(request(order));
    return new DryRunView(
        view(answer.getWorkspace()),
        answer.getDecision().stream().map(WorkspaceClient::view).toList());
  }

  /** What the site's policies would decide, that on running first. */
  public List<DecisionView> explain(PolicyQuestion question) throws Refused {
    Explain request = new Explain();
    question.image().ifPresent(request::setImage);
    request.setCpus(question.cpus());
    request.setMemoryBytes(question.memoryBytes());
    request.setScratchBytes(question.scratchBytes());
    question.lease().map(Duration::toSeconds).ifPresent(request::setLeaseSeconds);
    question.dn().ifPresent(request::setDn);
    request.getFqan().addAll(question.fqans());
    return port.explain(request).getDecision().stream().map(WorkspaceClient::view).toList();
  }

  private static DecisionView view(Decision d) {
    return new DecisionView(
        d.getFunction().value(),
        d.isAccepted(),
        d.getRule(),
        d.getSource(),
        d.getPolicy(),
        d.getCode(),
        d.getMessage());
  }

  private static Deploy request(DeployOrder order) {
    Deploy request = new Deploy();
    request.setClientToken(order.token());
    request.setImage(order.image());
    order.name().ifPresent(request::setName);
    request.setCpus(order.cpus());
    request.setMemoryBytes(order.memoryBytes());
    request.setScratchBytes(order.scratchBytes());
    order.lease().map(Duration::toSeconds).ifPresent(request::setLeaseSeconds);
    for (DeployOrder.Forward forward : order.forwards()) {
      Forward wish = new Forward();
      forward.hostPort().ifPresent(wish::setHostPort);
      wish.setGuestPort(forward.guestPort());
      request.getForward().add(wish);
    }
    order.sshKey().ifPresent(request::setSshKey);
    order.userData().ifPresent(request::setUserData);
    request.setOnCrash(OnCrash.valueOf(order.onCrash().name()));
    request.setDryRun(order.dryRun());
    return request;
  }

  /**
   * One page of workspaces.
   *
   * @param next token of the page before; empty for the first
   */
  public Page list(WorkspaceFilter filter, Optional<String> next) throws Refused {
    ListWorkspaces request = new ListWorkspaces();
    filter.states().forEach(s -> request.getState().add(WorkspaceState.fromValue(s)));
    filter.owner().ifPresent(request::setOwner);
    filter.name().ifPresent(request::setName);
    request.setEnded(filter.ended());
    request.setPageSize(100);
    next.ifPresent(request::setPageToken);
    ListWorkspacesResponse answer = port.listWorkspaces(request);
    return new Page(
        answer.getWorkspace().stream().map(WorkspaceClient::view).toList(),
        Optional.ofNullable(answer.getNextPageToken()));
  }

  /** Which workspaces to list. */
  public record WorkspaceFilter(
      List<String> states, Optional<String> owner, Optional<String> name, boolean ended) {}

  /** Some workspaces, and the token of the next page if there is one. */
  public record Page(List<WorkspaceView> workspaces, Optional<String> next) {}

  /**
   * Describes a workspace.
   *
   * @param id the id, the beginning of one, or a name, if only one of the caller's is meant
   */
  public WorkspaceView describe(String id) throws Refused {
    Describe request = new Describe();
    request.setId(id);
    return view(port.describe(request).getWorkspace());
  }

  /** How far staging is. */
  public StagingView staging(String id) throws Refused {
    StagingProgress request = new StagingProgress();
    request.setId(id);
    StagingProgressResponse answer = port.stagingProgress(request);
    Progress progress = answer.getProgress();
    return progress == null
        ? new StagingView(answer.getState().value(), "", 0, 0)
        : new StagingView(
            answer.getState().value(),
            progress.getPhase(),
            progress.getBytesDone(),
            progress.getBytesTotal());
  }

  /** Reads the console from an offset. */
  public ConsoleText console(String id, long offset, int maxBytes) throws Refused {
    ReadConsole request = new ReadConsole();
    request.setId(id);
    request.setOffset(offset);
    request.setMaxBytes(maxBytes);
    ConsoleChunk chunk = port.readConsole(request).getChunk();
    return new ConsoleText(
        chunk.getOffset(), chunk.getBytes(), chunk.getNextOffset(), chunk.isEnded());
  }

  /**
   * Wants a guest off and its disk kept; asking again changes nothing.
   *
   * @param grace how long it has to power itself off
   */
  public WorkspaceView stop(String id, Duration grace) throws Refused {
    Stop request = new Stop();
    request.setId(id);
    request.setGraceSeconds(Math.toIntExact(grace.toSeconds()));
    return view(port.stop(request).getWorkspace());
  }

  /**
   * Wants a guest off and running again with its own disk; asking again changes nothing.
   *
   * @param grace how long it has to power itself off
   */
  public WorkspaceView reboot(String id, Duration grace) throws Refused {
    Reboot request = new Reboot();
    request.setId(id);
    request.setGraceSeconds(Math.toIntExact(grace.toSeconds()));
    return view(port.reboot(request).getWorkspace());
  }

  /** Wants a guest's processors to stand still; asking again changes nothing. */
  public WorkspaceView pause(String id) throws Refused {
    Pause request = new Pause();
    request.setId(id);
    return view(port.pause(request).getWorkspace());
  }

  /** Wants a guest's memory on its node's disk; asking again changes nothing. */
  public WorkspaceView suspend(String id) throws Refused {
    Suspend request = new Suspend();
    request.setId(id);
    return view(port.suspend(request).getWorkspace());
  }

  /** Wants a paused or suspended guest to go on; asking again changes nothing. */
  public WorkspaceView resume(String id) throws Refused {
    Resume request = new Resume();
    request.setId(id);
    return view(port.resume(request).getWorkspace());
  }

  /** Wants a stopped guest to run again; asking again changes nothing. */
  public WorkspaceView start(String id) throws Refused {
    Start request = new Start();
    request.setId(id);
    return view(port.start(request).getWorkspace());
  }

  /**
   * Wants a copy kept of a stopped guest's disks, or of a suspended one's disks and memory; asking
   * again changes nothing.
   */
  public WorkspaceView snapshot(String id, String name) throws Refused {
    return view(port.snapshot(request(id, name)).getWorkspace());
  }

  /** Wants a guest that is stopped or suspended to be what a snapshot holds. */
  public WorkspaceView rollback(String id, String name) throws Refused {
    return view(port.rollback(request(id, name)).getWorkspace());
  }

  /** Wants a snapshot gone. */
  public WorkspaceView deleteSnapshot(String id, String name) throws Refused {
    return view(port.deleteSnapshot(request(id, name)).getWorkspace());
  }

  /** Wants the disk of a stopped guest as one file; asking again changes nothing. */
  public WorkspaceView save(String id) throws Refused {
    Save request = new Save();
    request.setId(id);
    return view(port.save(request).getWorkspace());
  }

  private static SnapshotRequest request(String id, String name) {
    SnapshotRequest request = new SnapshotRequest();
    request.setId(id);
    request.setName(name);
    return request;
  }

  /** Asks for the end of a workspace; asking again changes nothing. */
  public WorkspaceView destroy(String id) throws Refused {
    Destroy request = new Destroy();
    request.setId(id);
    return view(port.destroy(request).getWorkspace());
  }

  /**
   * Asks that a lease do not end before a time; asking again changes nothing.
   *
   * @param id the whole id
   */
  public WorkspaceView extend(String id, Instant leaseEnds) throws Refused {
    Extend request = new Extend();
    request.setId(id);
    request.setLeaseEnds(leaseEnds);
    return view(port.extend(request).getWorkspace());
  }

  /** The site's nodes. */
  public NodesView nodes() throws Refused {
    ListNodesResponse answer = port.listNodes(new ListNodes());
    return new NodesView(
        answer.getNode().stream().map(WorkspaceClient::view).toList(),
        answer.getServicePolicyDigest(),
        List.copyOf(answer.getWarning()),
        URI.create(answer.getRepositoryAddress()),
        answer.getNow());
  }

  /**
   * Wants a workspace on another node; asking again changes nothing.
   *
   * @param to the node; empty: the site chooses
   * @param cold whether one that runs may be stopped and started
   */
  public WorkspaceView migrate(String id, Optional<String> to, boolean cold) throws Refused {
    Migrate request = new Migrate();
    request.setId(id);
    to.ifPresent(request::setTo);
    request.setCold(cold);
    return view(port.migrate(request).getWorkspace());
  }

  /**
   * A node is to take no new workspaces. May be repeated.
   *
   * @param migrate whether those on it shall be moved to others, too
   * @return what is on it still
   */
  public DrainView drain(String node, boolean migrate) throws Refused {
    DrainNode request = new DrainNode();
    request.setNode(node);
    request.setMigrate(migrate);
    DrainNodeResponse answer = port.drainNode(request);
    return new DrainView(
        node,
        answer.getWorkspaces(),
        answer.getMoving() == null ? 0 : answer.getMoving(),
        answer.getStay().stream()
            .map(s -> new DrainView.Stay(s.getId(), s.getName(), view(s.getWhy())))
            .toList());
  }

  /** It takes them again. May be repeated. */
  public void undrain(String node) throws Refused {
    UndrainNode request = new UndrainNode();
    request.setNode(node);
    port.undrainNode(request);
  }

  private static NodesView.Node view(Node n) {
    return new NodesView.Node(
        n.getName(),
        n.getDn(),
        n.isAlive(),
        n.getLastHeard(),
        n.getDrainedBy() == null
            ? null
            : new NodesView.Drain(
                n.getDrainedBy(), n.getDrainedSince(), Boolean.TRUE.equals(n.isDrainMigrates())),
        n.getHypervisor(),
        List.copyOf(n.getCapability()),
        n.getCpus(),
        n.getCpusFree(),
        n.getMemoryBytes(),
        n.getMemoryFreeBytes(),
        n.getDiskFreeBytes(),
        n.getWorkspaces(),
        List.copyOf(n.getImage()),
        n.getPolicyDigest(),
        n.isPolicyDrifted());
  }

  private static WorkspaceView view(Workspace w) {
    return new WorkspaceView(
        w.getId(),
        w.getName(),
        w.getState().value(),
        w.getGoal().value(),
        w.getReason(),
        w.getRefusal() == null ? null : view(w.getRefusal()),
        new WorkspaceView.Image(
            w.getImageName(),
            w.getImageDigest(),
            w.getImageSigner(),
            w.getImageForm() == null ? null : w.getImageForm().value()),
        w.getCpus(),
        w.getMemoryBytes(),
        w.getScratchBytes(),
        w.getNode(),
        w.getAddress(),
        w.getForward().stream()
            .map(
                f ->
                    new WorkspaceView.Forward(
                        f.getHostAddress(), f.getHostPort(), f.getGuestPort()))
            .toList(),
        w.getOwner(),
        w.getVirtualOrganisation(),
        w.getLeaseEnds(),
        w.getOnCrash() == null ? null : w.getOnCrash().value(),
        w.getCrash() == null
            ? null
            : new WorkspaceView.Crash(w.getCrash().getAt(), w.getCrash().getConsole()),
        w.getMoment().stream()
            .map(m -> new WorkspaceView.Moment(m.getState(), m.getAt(), m.getNote()))
            .toList(),
        w.getSnapshot().stream()
            .map(
                s ->
                    new WorkspaceView.Snapshot(
                        s.getName(),
                        s.getTakenAt(),
                        s.getBytes(),
                        s.isCurrent(),
                        Boolean.TRUE.equals(s.isMemory())))
            .toList(),
        w.getSavedDisk() == null
            ? null
            : new WorkspaceView.SavedDisk(
                w.getSavedDisk().getMadeAt(),
                w.getSavedDisk().getBytes(),
                w.getSavedDisk().getDigest()),
        w.getSetback() == null ? null : view(w.getSetback()),
        w.getMigration() == null
            ? null
            : new WorkspaceView.Migration(
                w.getMigration().getFrom(),
                w.getMigration().getTo(),
                w.getMigration().isCold(),
                w.getMigration().getSince()),
        List.copyOf(w.getLeftOn()),
        w.getImageRefusal() == null ? null : view(w.getImageRefusal()));
  }

  private static WorkspaceView.RefusalView view(Refusal refusal) {
    Map<String, String> facts = new LinkedHashMap<>();
    for (Fact fact : refusal.getFact()) {
      facts.put(fact.getName(), fact.getValue());
    }
    return new WorkspaceView.RefusalView(
        refusal.getCategory().value(),
        refusal.getCode(),
        refusal.getMessage(),
        refusal.getAdvice(),
        facts);
  }
}
