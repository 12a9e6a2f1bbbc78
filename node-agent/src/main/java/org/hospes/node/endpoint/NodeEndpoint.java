package org.hospes.node.endpoint;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.hospes.contract.MessageBounds;
import org.hospes.contract.common.ConsoleChunk;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.DeleteSnapshotResponse;
import org.hospes.contract.node.Expect;
import org.hospes.contract.node.ExpectResponse;
import org.hospes.contract.node.FlattenResponse;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.HandOverResponse;
import org.hospes.contract.node.HandOverWish;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.InspectResponse;
import org.hospes.contract.node.NodePort;
import org.hospes.contract.node.OfferResponse;
import org.hospes.contract.node.Pause;
import org.hospes.contract.node.PauseResponse;
import org.hospes.contract.node.Prepare;
import org.hospes.contract.node.PrepareResponse;
import org.hospes.contract.node.ReadConsole;
import org.hospes.contract.node.ReadConsoleResponse;
import org.hospes.contract.node.Receive;
import org.hospes.contract.node.ReceiveResponse;
import org.hospes.contract.node.Remove;
import org.hospes.contract.node.RemoveResponse;
import org.hospes.contract.node.RollbackResponse;
import org.hospes.contract.node.SnapshotOrder;
import org.hospes.contract.node.SnapshotResponse;
import org.hospes.contract.node.Start;
import org.hospes.contract.node.StartResponse;
import org.hospes.contract.node.Stop;
import org.hospes.contract.node.StopResponse;
import org.hospes.contract.node.Suspend;
import org.hospes.contract.node.SuspendResponse;
import org.hospes.contract.node.TakeBack;
import org.hospes.contract.node.TakeBackResponse;
import org.hospes.image.SignedImage;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.AskedBy;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.sandbox.AuditTrail;
import org.hospes.node.sandbox.ConsolePiece;
import org.hospes.node.sandbox.GuestConsole;
import org.hospes.node.sandbox.GuestFailedException;
import org.hospes.node.sandbox.GuestPhase;
import org.hospes.node.sandbox.GuestView;
import org.hospes.node.sandbox.Guests;
import org.hospes.node.sandbox.HandOvers;
import org.hospes.node.sandbox.SnapshotOrders;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServerSetup;
import org.hospes.wire.security.ServerLimits;

/**
 * The node's SOAP port. It obeys one DN, the service's; the server that it stands in turns others
 * away before a body is read, and every call asks again. Safe for many threads.
 */
public final class NodeEndpoint implements NodePort {

  private final Guests guests;
  private final SnapshotOrders snapshots;
  private final HandOvers handOvers;
  private final GuestConsole consoles;
  private final GuestXml xml = new GuestXml();
  private final AuditTrail audit;
  private final Supplier<CallContext> context;
  private final DistinguishedName service;

  /**
   * @param service the only one that is obeyed
   */
  public NodeEndpoint(
      Guests guests,
      SnapshotOrders snapshots,
      HandOvers handOvers,
      GuestConsole consoles,
      AuditTrail audit,
      Supplier<CallContext> context,
      DistinguishedName service) {
    this.service = service;
    this.guests = guests;
    this.snapshots = snapshots;
    this.handOvers = handOvers;
    this.consoles = consoles;
    this.audit = audit;
    this.context = context;
  }

  /**
   * Has a server serve this port, to the service alone, and take orders as long as they may be.
   *
   * @param path where, such as {@code /node}
   */
  public SecureServerSetup on(SecureServerSetup server, String path) {
    return server
        .limits(ServerLimits.defaults().withMessageBytes(MessageBounds.ORDER))
        .mutual(path, this, NodePort.class, "wsdl/node.wsdl")
        .peers(path, service::equals);
  }

  @Override
  public PrepareResponse prepare(Prepare request) {
    onlyTheService();
    GuestOrder order = OrderXml.read(request.getOrder());
    PrepareResponse response = new PrepareResponse();
    response.setGuest(
        changed(
            "prepare",
            order.id(),
            id -> guests.prepare(order),
            GuestPhase.PREPARING,
            request.getWaitMillis()));
    return response;
  }

  @Override
  public StartResponse start(Start request) {
    onlyTheService();
    Optional<AskedBy> message = OrderXml.askedBy(request.getRequestDigest(), request.getAsker());
    Optional<SignedImage> papers =
        Optional.ofNullable(request.getImage())
            .map(xml -> OrderXml.papers(xml, request.getSight()));
    StartResponse response = new StartResponse();
    response.setGuest(
        changed(
            "start",
            OrderXml.id(request.getId()),
            id -> guests.start(id, message, papers),
            GuestPhase.STARTING,
            request.getWaitMillis()));
    return response;
  }

  @Override
  public PauseResponse pause(Pause request) {
    PauseResponse response = new PauseResponse();
    response.setGuest(
        changed(
            "pause",
            request.getId(),
            id -> guests.pause(id),
            GuestPhase.RUNNING,
            request.getWaitMillis()));
    return response;
  }

  @Override
  public SuspendResponse suspend(Suspend request) {
    SuspendResponse response = new SuspendResponse();
    response.setGuest(
        changed(
            "suspend",
            request.getId(),
            id -> guests.suspend(id),
            GuestPhase.SUSPENDING,
            request.getWaitMillis()));
    return response;
  }

  @Override
  public StopResponse stop(Stop request) {
    StopResponse response = new StopResponse();
    response.setGuest(
        changed(
            "stop",
            request.getId(),
            id -> guests.stop(id, OrderXml.grace(request.getGraceSeconds())),
            GuestPhase.STOPPING,
            request.getWaitMillis()));
    return response;
  }

  @Override
  public SnapshotResponse snapshot(SnapshotOrder request) {
    SnapshotResponse response = new SnapshotResponse();
    response.setGuest(ordered("snapshot", request, SnapshotTask.Kind.TAKE));
    return response;
  }

  @Override
  public RollbackResponse rollback(SnapshotOrder request) {
    RollbackResponse response = new RollbackResponse();
    response.setGuest(ordered("rollback", request, SnapshotTask.Kind.ROLL_BACK));
    return response;
  }

  @Override
  public DeleteSnapshotResponse deleteSnapshot(SnapshotOrder request) {
    DeleteSnapshotResponse response = new DeleteSnapshotResponse();
    response.setGuest(ordered("deleteSnapshot", request, SnapshotTask.Kind.DELETE));
    return response;
  }

  @Override
  public FlattenResponse flatten(SnapshotOrder request) {
    FlattenResponse response = new FlattenResponse();
    response.setGuest(ordered("flatten", request, SnapshotTask.Kind.FLATTEN));
    return response;
  }

  private Guest ordered(String call, SnapshotOrder request, SnapshotTask.Kind kind) {
    return changed(
        call,
        request.getId(),
        id -> snapshots.order(id, OrderXml.task(request, kind)),
        GuestPhase.COPYING,
        request.getWaitMillis());
  }

  @Override
  public OfferResponse offer(HandOverWish request) {
    onlyTheService();
    String wish = HandOverXml.wish(request.getWish());
    DistinguishedName to = HandOverXml.host("to", request.getTo());
    OfferResponse response = new OfferResponse();
    response.setGuest(changed("offer", request.getId(), id -> handOvers.offer(id, wish, to)));
    return response;
  }

  @Override
  public ExpectResponse expect(Expect request) {
    onlyTheService();
    try {
      return HandOverXml.expect(request, handOvers);
    } catch (GuestFailedException e) {
      throw GuestXml.refusal(e.failure()).causedBy(e);
    }
  }

  @Override
  public HandOverResponse handOver(HandOverWish request) {
    onlyTheService();
    String wish = HandOverXml.wish(request.getWish());
    DistinguishedName to = HandOverXml.host("to", request.getTo());
    HandOverResponse response = new HandOverResponse();
    response.setGuest(changed("handOver", request.getId(), id -> handOvers.handOver(id, wish, to)));
    return response;
  }

  @Override
  public TakeBackResponse takeBack(TakeBack request) {
    onlyTheService();
    String wish = HandOverXml.wish(request.getWish());
    TakeBackResponse response = new TakeBackResponse();
    response.setGuest(changed("takeBack", request.getId(), id -> handOvers.takeBack(id, wish)));
    return response;
  }

  @Override
  public ReceiveResponse receive(Receive request) {
    onlyTheService();
    GuestOrder order = OrderXml.read(request.getOrder());
    Arrival arrival = HandOverXml.arrival(request);
    ReceiveResponse response = new ReceiveResponse();
    response.setGuest(
        changed(
            "receive",
            order.id(),
            id -> handOvers.receive(order, arrival),
            GuestPhase.RECEIVING,
            request.getWaitMillis()));
    return response;
  }

  /** One that is answered at once. */
  private Guest changed(String call, String id, Change change) {
    return changed(call, OrderXml.id(id), change, GuestPhase.ABSENT, null);
  }

  @Override
  public RemoveResponse remove(Remove request) {
    RemoveResponse response = new RemoveResponse();
    response.setGuest(
        changed(
            "remove",
            request.getId(),
            id -> {
              handOvers.forget(id);
              return guests.remove(id, "removed by the service");
            },
            GuestPhase.REMOVING,
            request.getWaitMillis()));
    return response;
  }

  @Override
  public InspectResponse inspect(Inspect request) {
    onlyTheService();
    GuestView view = guests.view(OrderXml.id(request.getId()));
    if (request.getKnownPhase() != null) {
      view =
          awaited(
              view, GuestPhase.valueOf(request.getKnownPhase().name()), request.getWaitMillis());
    }
    InspectResponse response = new InspectResponse();
    response.setGuest(xml.apply(view));
    return response;
  }

  @Override
  public ReadConsoleResponse readConsole(ReadConsole request) {
    onlyTheService();
    UUID id = OrderXml.id(request.getId());
    try {
      ConsolePiece piece = consoles.read(id, request.getOffset(), request.getMaxBytes());
      ConsoleChunk chunk = new ConsoleChunk();
      chunk.setOffset(piece.offset());
      chunk.setBytes(piece.bytes());
      chunk.setNextOffset(piece.offset() + piece.bytes().length);
      chunk.setEnded(piece.ended());
      ReadConsoleResponse response = new ReadConsoleResponse();
      response.setChunk(chunk);
      return response;
    } catch (GuestFailedException e) {
      throw GuestXml.refusal(e.failure()).causedBy(e);
    }
  }

  /** The guest once it has left the phase, if the caller waits so long. */
  private GuestView awaited(GuestView view, GuestPhase left, Integer waitMillis) {
    return waitMillis == null ? view : guests.await(view.id(), left, Duration.ofMillis(waitMillis));
  }

  private void onlyTheService() {
    CallContext call = context.get();
    DistinguishedName caller = call.caller().dn();
    if (!caller.equals(service) || call.caller().proxy() != ProxyKind.NONE) {
      audit.record(
          "call",
          Map.of(
              "decision",
              "refused",
              "code",
              "node.caller",
              "caller",
              caller.slash(),
              "from",
              call.remoteAddress()));
      throw RefusalException.of(
          FaultCategory.NOT_ALLOWED, "node.caller", "a node obeys its service alone");
    }
  }

  /** Says what is wanted of a guest, and answers how it stands then. */
  private interface Change {
    GuestView of(UUID id) throws GuestFailedException;
  }

  private Guest changed(
      String call, String id, Change change, GuestPhase left, Integer waitMillis) {
    onlyTheService();
    return changed(call, OrderXml.id(id), change, left, waitMillis);
  }

  /**
   * A call that changes something, in the audit log whatever comes of it.
   *
   * @param left the phase that the caller waits to see left
   */
  private Guest changed(String call, UUID id, Change change, GuestPhase left, Integer waitMillis) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("call", call);
    facts.put("workspace", id.toString());
    facts.put("caller", context.get().caller().dn().slash());
    facts.put("from", context.get().remoteAddress());
    try {
      GuestView view = awaited(change.of(id), left, waitMillis);
      facts.put("decision", "allowed");
      facts.put("phase", view.phase().name());
      return xml.apply(view);
    } catch (GuestFailedException e) {
      RefusalException refusal = GuestXml.refusal(e.failure()).causedBy(e);
      facts.put("decision", "refused");
      facts.put("code", refusal.code());
      facts.putAll(refusal.facts());
      throw refusal;
    } finally {
      audit.record("call", facts);
    }
  }
}
