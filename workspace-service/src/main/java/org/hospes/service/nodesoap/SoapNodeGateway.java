package org.hospes.service.nodesoap;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.xml.namespace.QName;
import org.hospes.contract.node.Expect;
import org.hospes.contract.node.GuestOrder;
import org.hospes.contract.node.HandOverWish;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.NodePort;
import org.hospes.contract.node.Pause;
import org.hospes.contract.node.Prepare;
import org.hospes.contract.node.ReadConsole;
import org.hospes.contract.node.Receive;
import org.hospes.contract.node.Refused;
import org.hospes.contract.node.Remove;
import org.hospes.contract.node.SnapshotOrder;
import org.hospes.contract.node.Start;
import org.hospes.contract.node.Stop;
import org.hospes.contract.node.Suspend;
import org.hospes.contract.node.TakeBack;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.service.node.ConsoleChunk;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.HandOver;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SnapshotWish;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/** Asks nodes over SOAP. Keeps a port for each node; they are costly to make. */
public final class SoapNodeGateway implements NodeGateway {
  // A node that takes calls and does not answer must not take the threads that serve the others.
  private static final int CALLS_AT_ONCE = 6;
  private static final Duration WAIT_FOR_A_TURN = Duration.ofSeconds(2);

  private final NodePorts opener;
  private final Function<SignedImage, Optional<Statement>> sights;
  private final Function<WorkspaceId, Optional<AskedMessage.Reference>> asked;
  private final Map<String, Semaphore> callsAtOnce = new ConcurrentHashMap<>();
  private final Map<Address, NodePort> ports = new ConcurrentHashMap<>();

  private record Address(URI agent, DistinguishedName dn) {}

  private interface Call<T> {
    T on(NodePort port) throws Refused;
  }

  /**
   * Over mutual TLS; exactly the node's host DN must answer.
   *
   * @param sights what this service says of having seen an image
   * @param asked the signed message that asked for a workspace's next start; empty when that is the
   *     one by which it was asked for in the first place
   */
  public SoapNodeGateway(
      SecureClient client,
      Function<SignedImage, Optional<Statement>> sights,
      Function<WorkspaceId, Optional<AskedMessage.Reference>> asked) {
    this(
        node ->
            client.mutual(
                NodePort.class,
                new QName("urn:hospes:node:1:wsdl", "NodeService"),
                "wsdl/node.wsdl",
                node.facts().agentAddress(),
                ExpectedServer.dn(node.dn())),
        sights,
        asked);
  }

  /** Tells nodes of nothing seen. */
  SoapNodeGateway(NodePorts opener) {
    this(opener, id -> Optional.empty());
  }

  /** The same, of what is asked. */
  SoapNodeGateway(NodePorts opener, Function<WorkspaceId, Optional<AskedMessage.Reference>> asked) {
    this(opener, papers -> Optional.empty(), asked);
  }

  private SoapNodeGateway(
      NodePorts opener,
      Function<SignedImage, Optional<Statement>> sights,
      Function<WorkspaceId, Optional<AskedMessage.Reference>> asked) {
    this.opener = opener;
    this.sights = sights;
    this.asked = asked;
  }

  private GuestOrder order(Workspace workspace, Dossier dossier) {
    return OrderWriting.order(workspace, dossier, sights.apply(dossier.papers()));
  }

  @Override
  public Guest prepare(Node node, Workspace workspace, Dossier dossier, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Prepare request = new Prepare();
    request.setOrder(order(workspace, dossier));
    request.setWaitMillis(millis(wait));
    return ask(node, port -> NodeReading.guest(port.prepare(request).getGuest()));
  }

  @Override
  public Guest start(Node node, WorkspaceId id, Optional<SignedImage> papers, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Start request = new Start();
    request.setId(id.toString());
    request.setWaitMillis(millis(wait));
    asked
        .apply(id)
        .ifPresent(
            message -> {
              request.setRequestDigest(message.digest().toString());
              message.asker().map(DistinguishedName::slash).ifPresent(request::setAsker);
            });
    papers.map(OrderWriting::papers).ifPresent(request::setImage);
    papers.flatMap(sights).map(OrderWriting::statement).ifPresent(request::setSight);
    return guest(id, node, port -> port.start(request).getGuest());
  }

  @Override
  public Guest pause(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Pause request = new Pause();
    request.setId(id.toString());
    request.setWaitMillis(millis(wait));
    return guest(id, node, port -> port.pause(request).getGuest());
  }

  @Override
  public Guest suspend(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Suspend request = new Suspend();
    request.setId(id.toString());
    request.setWaitMillis(millis(wait));
    return guest(id, node, port -> port.suspend(request).getGuest());
  }

  @Override
  public Guest stop(Node node, WorkspaceId id, Duration grace, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Stop request = new Stop();
    request.setId(id.toString());
    request.setGraceSeconds(Math.toIntExact(grace.toSeconds()));
    request.setWaitMillis(millis(wait));
    return guest(id, node, port -> port.stop(request).getGuest());
  }

  @Override
  public Guest snapshot(Node node, Workspace workspace, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    SnapshotWish wish = workspace.snapshots().wish().orElseThrow();
    SnapshotOrder order = new SnapshotOrder();
    order.setId(workspace.id().toString());
    order.setWish(wish.token());
    order.setName(wish.name());
    order.setWaitMillis(millis(wait));
    return guest(
        workspace.id(),
        node,
        port ->
            switch (workspace.goal()) {
              case SNAPSHOT -> port.snapshot(order).getGuest();
              case ROLLBACK -> port.rollback(order).getGuest();
              case DELETE_SNAPSHOT -> port.deleteSnapshot(order).getGuest();
              case FLATTEN -> port.flatten(order).getGuest();
              default ->
                  throw new IllegalArgumentException("not of snapshots: " + workspace.goal());
            });
  }

  @Override
  public Guest offer(Node node, WorkspaceId id, String wish, DistinguishedName to)
      throws NodeUnreachableException, NodeRefusedException {
    HandOverWish request = handOverWish(id, wish, to);
    return guest(id, node, port -> port.offer(request).getGuest());
  }

  @Override
  public boolean expect(Node node, Workspace workspace, Dossier dossier, Node source, String wish)
      throws NodeUnreachableException, NodeRefusedException {
    Expect request = new Expect();
    request.setOrder(order(workspace, dossier));
    request.setWish(wish);
    request.setFileSource(fileSource(source));
    request.setSourceName(source.dn().slash());
    return ask(node, port -> port.expect(request).isCopied());
  }

  private static HandOverWish handOverWish(WorkspaceId id, String wish, DistinguishedName to) {
    HandOverWish request = new HandOverWish();
    request.setId(id.toString());
    request.setWish(wish);
    request.setTo(to.slash());
    return request;
  }

  private static String fileSource(Node source) {
    URI agent = source.facts().agentAddress();
    return agent.getScheme() + "://" + agent.getAuthority();
  }

  @Override
  public Guest handOver(Node node, WorkspaceId id, String wish, DistinguishedName to)
      throws NodeUnreachableException, NodeRefusedException {
    HandOverWish request = handOverWish(id, wish, to);
    return guest(id, node, port -> port.handOver(request).getGuest());
  }

  @Override
  public Guest takeBack(Node node, WorkspaceId id, String wish)
      throws NodeUnreachableException, NodeRefusedException {
    TakeBack request = new TakeBack();
    request.setId(id.toString());
    request.setWish(wish);
    return guest(id, node, port -> port.takeBack(request).getGuest());
  }

  @Override
  public Guest receive(
      Node node,
      Workspace workspace,
      Dossier dossier,
      Node source,
      HandOver handOver,
      Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Receive request = new Receive();
    request.setOrder(order(workspace, dossier));
    request.setWish(handOver.wish());
    request.setFileSource(fileSource(source));
    request.setSourceName(source.dn().slash());
    request.setHandOver(OrderWriting.handOver(handOver));
    request.setWaitMillis(millis(wait));
    return ask(node, port -> NodeReading.guest(port.receive(request).getGuest()));
  }

  @Override
  public Guest remove(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Remove request = new Remove();
    request.setId(id.toString());
    request.setWaitMillis(millis(wait));
    return guest(id, node, port -> port.remove(request).getGuest());
  }

  @Override
  public Guest inspect(Node node, WorkspaceId id)
      throws NodeUnreachableException, NodeRefusedException {
    Inspect request = new Inspect();
    request.setId(id.toString());
    return guest(id, node, port -> port.inspect(request).getGuest());
  }

  @Override
  public Guest inspect(Node node, WorkspaceId id, GuestPhase known, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    Inspect request = new Inspect();
    request.setId(id.toString());
    request.setKnownPhase(org.hospes.contract.node.GuestPhase.valueOf(known.name()));
    request.setWaitMillis(millis(wait));
    return guest(id, node, port -> port.inspect(request).getGuest());
  }

  private static int millis(Duration wait) {
    return Math.toIntExact(wait.toMillis());
  }

  @Override
  public ConsoleChunk readConsole(Node node, WorkspaceId id, long offset, int maxBytes)
      throws NodeUnreachableException, NodeRefusedException {
    ReadConsole request = new ReadConsole();
    request.setId(id.toString());
    request.setOffset(offset);
    request.setMaxBytes(maxBytes);
    return ask(node, port -> NodeReading.console(port.readConsole(request).getChunk()));
  }

  /** The guest as the node answers it; absent when the node knows of none. */
  private Guest guest(WorkspaceId id, Node node, Call<org.hospes.contract.node.Guest> call)
      throws NodeUnreachableException, NodeRefusedException {
    try {
      return ask(node, port -> NodeReading.guest(call.on(port)));
    } catch (NodeRefusedException e) {
      boolean ofSnapshot = e.refusal().code().startsWith("snapshot.");
      if (e.refusal().category() == Refusal.Category.NOT_FOUND && !ofSnapshot) {
        return Guest.absent(id);
      }
      throw e;
    }
  }

  private <T> T ask(Node node, Call<T> call) throws NodeUnreachableException, NodeRefusedException {
    Semaphore turns = callsAtOnce.computeIfAbsent(node.name(), n -> new Semaphore(CALLS_AT_ONCE));
    try {
      if (!turns.tryAcquire(WAIT_FOR_A_TURN.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new NodeUnreachableException(
            node.name(), CALLS_AT_ONCE + " calls wait for it already", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeUnreachableException(node.name(), "interrupted", e);
    }
    try {
      return askNow(node, call);
    } finally {
      turns.release();
    }
  }

  private <T> T askNow(Node node, Call<T> call)
      throws NodeUnreachableException, NodeRefusedException {
    try {
      NodePort port =
          ports.computeIfAbsent(
              new Address(node.facts().agentAddress(), node.dn()), a -> opener.open(node));
      return call.on(port);
    } catch (Refused e) {
      throw new NodeRefusedException(NodeRefusals.read(e.getFaultInfo()));
    } catch (RuntimeException e) {
      String why =
          Refusals.of(e)
              .map(RefusalException::getMessage)
              .orElseGet(() -> e.getClass().getSimpleName() + ": " + e.getMessage());
      throw new NodeUnreachableException(node.name(), why, e);
    }
  }
}
