package org.hospes.service.app;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.hospes.contract.common.ConsoleChunk;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Forward;
import org.hospes.contract.common.Progress;
import org.hospes.contract.common.Snapshot;
import org.hospes.contract.node.DeleteSnapshotResponse;
import org.hospes.contract.node.Expect;
import org.hospes.contract.node.ExpectResponse;
import org.hospes.contract.node.FlatDisk;
import org.hospes.contract.node.FlattenResponse;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.GuestOrder;
import org.hospes.contract.node.GuestPhase;
import org.hospes.contract.node.HandOver;
import org.hospes.contract.node.HandOverResponse;
import org.hospes.contract.node.HandOverWish;
import org.hospes.contract.node.HandedFile;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.InspectResponse;
import org.hospes.contract.node.Moment;
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
import org.hospes.contract.node.SnapshotOutcome;
import org.hospes.contract.node.SnapshotResponse;
import org.hospes.contract.node.Start;
import org.hospes.contract.node.StartResponse;
import org.hospes.contract.node.Stop;
import org.hospes.contract.node.StopResponse;
import org.hospes.contract.node.Suspend;
import org.hospes.contract.node.SuspendResponse;
import org.hospes.contract.node.TakeBack;
import org.hospes.contract.node.TakeBackResponse;
import org.hospes.wire.refusal.RefusalException;

/** A node's agent as the service sees it, with guests in a map. */
final class TestNodePort implements NodePort {
  final Map<String, Guest> guests = new ConcurrentHashMap<>();

  /** The message behind each start; empty for none. */
  final List<String> startAskers = new java.util.concurrent.CopyOnWriteArrayList<>();

  final List<String> startRequests = new java.util.concurrent.CopyOnWriteArrayList<>();

  final Map<String, GuestOrder> orders = new ConcurrentHashMap<>();

  /** What each guest was started with last. */
  final Map<String, Start> started = new ConcurrentHashMap<>();

  /** Guests whose files may be copied before they are handed over. */
  final Map<String, HandOverWish> offered = new ConcurrentHashMap<>();

  /** Guests whose files are copied before they are received; asked twice, they have been. */
  final Map<String, Expect> expected = new ConcurrentHashMap<>();

  final Map<String, Integer> boots = new ConcurrentHashMap<>();
  final Map<String, Integer> startsAgain = new ConcurrentHashMap<>();
  final Map<String, Integer> snapshotWishes = new ConcurrentHashMap<>();
  volatile RefusalException failNextSnapshot;
  volatile RefusalException failNextReception;
  volatile int lastGrace;
  volatile RefusalException refuseNext;
  volatile RefusalException failNextStart;

  /** Why guests that ran are not started again; null when they are. */
  volatile RefusalException refuseStartAgain;

  /** What a disk is when it was made one file; null until a test says. */
  volatile FlatDisk flat;

  @Override
  public PrepareResponse prepare(Prepare request) {
    RefusalException refusal = refuseNext;
    refuseNext = null;
    GuestOrder order = request.getOrder();
    orders.put(order.getId(), order);
    Guest guest = guest(order.getId(), refusal == null ? GuestPhase.PREPARED : GuestPhase.FAILED);
    if (refusal != null) {
      guest.setRefusal(refusal.toXml());
    }
    Progress progress = new Progress();
    progress.setPhase("done");
    progress.setBytesDone(1_000_000);
    progress.setBytesTotal(1_000_000);
    progress.setStartedAt(Instant.now().minusSeconds(1));
    progress.setUpdatedAt(Instant.now());
    guest.setProgress(progress);
    guests.putIfAbsent(order.getId(), guest);
    guests.get(order.getId()).setLeaseEnds(order.getLeaseEnds());
    PrepareResponse response = new PrepareResponse();
    response.setGuest(guests.get(order.getId()));
    return response;
  }

  @Override
  public StartResponse start(Start request) {
    startRequests.add(request.getRequestDigest() == null ? "" : request.getRequestDigest());
    started.put(request.getId(), request);
    startAskers.add(String.valueOf(request.getAsker()));
    Guest guest = known(request.getId());
    if (guest.getHandOver() != null) {
      throw RefusalException.of(
          FaultCategory.CONFLICT, "guest.handed-over", "it is left to another node");
    }
    RefusalException failure = failNextStart;
    if (guest.getPhase() == GuestPhase.PREPARED && failure != null) {
      failNextStart = null;
      guest.setPhase(GuestPhase.FAILED);
      guest.setRefusal(failure.toXml());
    } else if (guest.getPhase() == GuestPhase.PREPARED) {
      boots.merge(request.getId(), 1, Integer::sum);
      guest.setPhase(GuestPhase.RUNNING);
      guest.setAddress("192.168.150.9");
      for (Forward asked : orders.get(request.getId()).getForward()) {
        Forward given = new Forward();
        given.setHostAddress("127.0.0.1");
        given.setHostPort(30_080);
        given.setGuestPort(asked.getGuestPort());
        guest.getForward().add(given);
      }
      for (String what : List.of("verified", "staged 12 bytes in 3 ms", "started")) {
        Moment moment = new Moment();
        moment.setWhat(what);
        moment.setAt(Instant.now());
        guest.getMoment().add(moment);
      }
    }
    if (guest.getPhase() == GuestPhase.PAUSED || guest.getPhase() == GuestPhase.SUSPENDED) {
      guest.setPhase(GuestPhase.RUNNING);
    } else if (guest.getPhase() == GuestPhase.STOPPED && refuseStartAgain != null) {
      guest.setRefusal(refuseStartAgain.toXml());
    } else if (guest.getPhase() == GuestPhase.STOPPED) {
      guest.setRefusal(null);
      startsAgain.merge(request.getId(), 1, Integer::sum);
      guest.getSnapshot().forEach(s -> s.setCurrent(false));
      guest.setFlatDisk(null);
      guest.setPhase(GuestPhase.RUNNING);
    }
    StartResponse response = new StartResponse();
    response.setGuest(guest);
    return response;
  }

  @Override
  public PauseResponse pause(Pause request) {
    Guest guest = known(request.getId());
    if (guest.getPhase() == GuestPhase.RUNNING) {
      guest.setPhase(GuestPhase.PAUSED);
    }
    PauseResponse response = new PauseResponse();
    response.setGuest(guest);
    return response;
  }

  @Override
  public SuspendResponse suspend(Suspend request) {
    Guest guest = known(request.getId());
    if (guest.getPhase() == GuestPhase.RUNNING) {
      guest.setPhase(GuestPhase.SUSPENDED);
    }
    SuspendResponse response = new SuspendResponse();
    response.setGuest(guest);
    return response;
  }

  @Override
  public StopResponse stop(Stop request) {
    Guest guest = known(request.getId());
    lastGrace = request.getGraceSeconds();
    if (guest.getPhase() == GuestPhase.RUNNING) {
      guest.setPhase(GuestPhase.STOPPED);
    }
    StopResponse response = new StopResponse();
    response.setGuest(guest);
    return response;
  }

  @Override
  public SnapshotResponse snapshot(SnapshotOrder request) {
    SnapshotResponse response = new SnapshotResponse();
    response.setGuest(
        fulfilled(
            request,
            guest -> {
              Snapshot snapshot = new Snapshot();
              snapshot.setName(request.getName());
              snapshot.setTakenAt(Instant.now());
              snapshot.setBytes(512);
              snapshot.setCurrent(true);
              snapshot.setMemory(guest.getPhase() == GuestPhase.SUSPENDED);
              guest.getSnapshot().add(snapshot);
            }));
    return response;
  }

  @Override
  public RollbackResponse rollback(SnapshotOrder request) {
    RollbackResponse response = new RollbackResponse();
    response.setGuest(
        fulfilled(
            request,
            guest ->
                guest
                    .getSnapshot()
                    .forEach(s -> s.setCurrent(s.getName().equals(request.getName())))));
    return response;
  }

  @Override
  public DeleteSnapshotResponse deleteSnapshot(SnapshotOrder request) {
    DeleteSnapshotResponse response = new DeleteSnapshotResponse();
    response.setGuest(
        fulfilled(
            request,
            guest -> guest.getSnapshot().removeIf(s -> s.getName().equals(request.getName()))));
    return response;
  }

  @Override
  public FlattenResponse flatten(SnapshotOrder request) {
    FlattenResponse response = new FlattenResponse();
    response.setGuest(fulfilled(request, guest -> guest.setFlatDisk(flat)));
    return response;
  }

  private Guest fulfilled(SnapshotOrder request, Consumer<Guest> change) {
    Guest guest = known(request.getId());
    SnapshotOutcome outcome = guest.getSnapshotOutcome();
    if (outcome == null || !outcome.getWish().equals(request.getWish())) {
      snapshotWishes.merge(request.getId(), 1, Integer::sum);
      outcome = new SnapshotOutcome();
      outcome.setWish(request.getWish());
      RefusalException failure = failNextSnapshot;
      failNextSnapshot = null;
      guest.setFlatDisk(null);
      if (failure == null) {
        change.accept(guest);
      } else {
        outcome.setRefusal(failure.toXml());
      }
      guest.setSnapshotOutcome(outcome);
    }
    return guest;
  }

  @Override
  public OfferResponse offer(HandOverWish request) {
    Guest guest = known(request.getId());
    if (guest.getPhase() != GuestPhase.RUNNING) {
      throw RefusalException.of(
          FaultCategory.CONFLICT, "guest.not-offered", "the guest is " + guest.getPhase());
    }
    offered.put(request.getId(), request);
    OfferResponse response = new OfferResponse();
    response.setGuest(guest);
    return response;
  }

  @Override
  public ExpectResponse expect(Expect request) {
    boolean again = expected.put(request.getOrder().getId(), request) != null;
    ExpectResponse response = new ExpectResponse();
    response.setCopied(again);
    response.setBytes(again ? 512 : 0);
    return response;
  }

  @Override
  public HandOverResponse handOver(HandOverWish request) {
    Guest guest = known(request.getId());
    HandOver inForce = guest.getHandOver();
    boolean rests =
        guest.getPhase() == GuestPhase.STOPPED || guest.getPhase() == GuestPhase.SUSPENDED;
    if (!rests || (inForce != null && !inForce.getWish().equals(request.getWish()))) {
      throw RefusalException.of(
          FaultCategory.CONFLICT,
          rests ? "guest.handed-over" : "guest.not-stopped",
          "the guest is " + guest.getPhase());
    }
    if (inForce == null) {
      guest.setHandOver(papers(guest, request));
    }
    HandOverResponse response = new HandOverResponse();
    response.setGuest(guest);
    return response;
  }

  private static HandOver papers(Guest guest, HandOverWish request) {
    HandedFile overlay = new HandedFile();
    overlay.setName("overlay");
    overlay.setBytes(512);
    overlay.setDigest("sha256:" + "0".repeat(64));
    HandOver papers = new HandOver();
    papers.setWish(request.getWish());
    papers.setTo(request.getTo());
    papers.setSuspended(guest.getPhase() == GuestPhase.SUSPENDED);
    papers.setPlatform("qemu");
    papers.setMachine("test");
    papers.setAddress(String.valueOf(guest.getAddress()));
    papers.setMac("52:54:c0:a8:96:09");
    papers.setGateway("192.168.150.1");
    papers.getForward().addAll(guest.getForward());
    papers.getFile().add(overlay);
    papers.getSnapshot().addAll(guest.getSnapshot());
    return papers;
  }

  @Override
  public TakeBackResponse takeBack(TakeBack request) {
    Guest guest = known(request.getId());
    if (guest.getHandOver() != null && guest.getHandOver().getWish().equals(request.getWish())) {
      guest.setHandOver(null);
    }
    TakeBackResponse response = new TakeBackResponse();
    response.setGuest(guest);
    return response;
  }

  @Override
  public ReceiveResponse receive(Receive request) {
    GuestOrder order = request.getOrder();
    Guest guest =
        guests.computeIfAbsent(
            order.getId(),
            id -> {
              HandOver papers = request.getHandOver();
              Guest taken =
                  guest(id, papers.isSuspended() ? GuestPhase.SUSPENDED : GuestPhase.STOPPED);
              RefusalException failure = failNextReception;
              failNextReception = null;
              if (failure != null) {
                taken.setPhase(GuestPhase.FAILED);
                taken.setRefusal(failure.toXml());
              }
              taken.setReceived(request.getWish());
              taken.setAddress(papers.getAddress());
              taken.getForward().addAll(papers.getForward());
              taken.getSnapshot().addAll(papers.getSnapshot());
              taken.setLeaseEnds(order.getLeaseEnds());
              orders.put(id, order);
              return taken;
            });
    if (!request.getWish().equals(guest.getReceived())) {
      throw RefusalException.of(FaultCategory.CONFLICT, "guest.here", "the guest is here already");
    }
    ReceiveResponse response = new ReceiveResponse();
    response.setGuest(guest);
    return response;
  }

  @Override
  public RemoveResponse remove(Remove request) {
    guests.remove(request.getId());
    RemoveResponse response = new RemoveResponse();
    response.setGuest(guest(request.getId(), GuestPhase.ABSENT));
    return response;
  }

  @Override
  public InspectResponse inspect(Inspect request) {
    InspectResponse response = new InspectResponse();
    response.setGuest(
        guests.getOrDefault(request.getId(), guest(request.getId(), GuestPhase.ABSENT)));
    return response;
  }

  @Override
  public ReadConsoleResponse readConsole(ReadConsole request) {
    known(request.getId());
    byte[] all = "login: ".getBytes(StandardCharsets.UTF_8);
    int from = (int) Math.min(request.getOffset(), all.length);
    ConsoleChunk chunk = new ConsoleChunk();
    chunk.setOffset(from);
    chunk.setBytes(java.util.Arrays.copyOfRange(all, from, all.length));
    chunk.setNextOffset(all.length);
    ReadConsoleResponse response = new ReadConsoleResponse();
    response.setChunk(chunk);
    return response;
  }

  private Guest known(String id) {
    Guest guest = guests.get(id);
    if (guest == null) {
      throw RefusalException.of(FaultCategory.NOT_FOUND, "guest.absent", "no guest " + id);
    }
    return guest;
  }

  static Guest guest(String id, GuestPhase phase) {
    Guest guest = new Guest();
    guest.setId(id);
    guest.setPhase(phase);
    return guest;
  }
}
