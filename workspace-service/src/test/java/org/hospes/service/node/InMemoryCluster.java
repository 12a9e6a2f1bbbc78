package org.hospes.service.node;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.SnapshotWish;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/**
 * Nodes that keep guests in a map, and behave as agents do: a failed guest stays failed until it is
 * removed, a removed one is absent, nothing starts twice. Tests make them silent, deaf or broken.
 */
public final class InMemoryCluster implements NodeGateway {
  private final Clock clock;
  private NodeRegistry registry;
  private final Map<String, InMemoryHost> hosts = new LinkedHashMap<>();
  private final List<String> calls = new ArrayList<>();
  private final Lives lives = new Lives();

  public InMemoryCluster(NodeRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /** A new service listens; nothing is known to it yet. */
  public synchronized void reportTo(NodeRegistry newRegistry) {
    registry = newRegistry;
  }

  /** A node that registers at once. */
  public synchronized InMemoryCluster with(String name, Resources capacity, Digest... images) {
    InMemoryHost host = new InMemoryHost(name);
    host.capacity = capacity;
    host.images.addAll(List.of(images));
    hosts.put(name, host);
    beat(name);
    return this;
  }

  /** Every beating node reports; unknown ones register. */
  public synchronized void beat() {
    hosts.forEach(
        (name, host) -> {
          if (host.beating) {
            beat(name);
          }
        });
  }

  /** The node neither answers nor reports; its guests go on. */
  public synchronized void cutOff(String name) {
    hosts.get(name).reachable = false;
    hosts.get(name).beating = false;
  }

  /** The node reports but does not answer. */
  public synchronized void deafen(String name) {
    hosts.get(name).reachable = false;
  }

  /** The node is back. */
  public synchronized void restore(String name) {
    hosts.get(name).reachable = true;
    hosts.get(name).beating = true;
    beat(name);
  }

  public synchronized void failNextPreparation(String name, Refusal refusal) {
    hosts.get(name).failNextPreparations.add(refusal);
  }

  /** The call itself is refused; the guest stays what it is. */
  public synchronized void refuseNextPreparation(String name, Refusal refusal) {
    hosts.get(name).refuseNextPreparations.add(refusal);
  }

  public synchronized void failNextStart(String name, Refusal refusal) {
    hosts.get(name).failNextStarts.add(refusal);
  }

  /** The next guest that ran and is to start again is refused, and stays what it is. */
  public synchronized void refuseNextStart(String name, Refusal refusal) {
    hosts.get(name).refuseNextStarts.add(refusal);
  }

  /** No start is refused any more. */
  public synchronized void takeNextStarts(String name) {
    hosts.get(name).refuseNextStarts.clear();
  }

  /** A guest that runs goes, begins anew by itself, and is refused. */
  public synchronized void refusedAgain(String name, WorkspaceId id, Refusal refusal) {
    InMemoryHost host = hosts.get(name);
    Guest off = GuestChanges.in(host.guest(id), GuestPhase.STOPPED);
    keep(host, GuestChanges.refused(off, Optional.of(refusal)));
  }

  /** A guest that is off is wanted to run, and cannot yet. */
  public synchronized void startsInVain(String name, WorkspaceId id, Refusal refusal) {
    InMemoryHost host = hosts.get(name);
    Guest tried = GuestChanges.in(host.guest(id), GuestPhase.STARTING);
    keep(host, GuestChanges.refused(tried, Optional.of(refusal)));
  }

  /** What the node says of its hypervisor when it registers next. */
  public synchronized void capabilities(String name, Set<String> capabilities) {
    hosts.get(name).capabilities = capabilities;
  }

  /** What the node says that its guests run on, when it registers next. */
  public synchronized void runsOn(
      String name, Optional<String> platform, Optional<String> machine) {
    hosts.get(name).platform = platform;
    hosts.get(name).machine = machine;
  }

  /** How many looks it takes to receive a guest. */
  public synchronized void slowToReceive(String name, int looks) {
    hosts.get(name).looksUntilReceived = looks;
  }

  /** The next guest that comes from another node is not taken. */
  public synchronized void failNextReception(String name, Refusal refusal) {
    hosts.get(name).failNextReceptions.add(refusal);
  }

  /** The next call to suspend is refused. */
  public synchronized void refuseNextSuspension(String name, Refusal refusal) {
    hosts.get(name).refuseNextSuspensions.add(refusal);
  }

  /** The node goes silent as soon as another one has fetched all that it left to it. */
  public synchronized void cutOffAfterHandOver(String name) {
    hosts.get(name).vanishesOnceLeft = true;
  }

  /** What must never be, and was: nothing. */
  public synchronized List<String> violations() {
    return lives.violations();
  }

  /** What is asked next of snapshots there comes to nothing. */
  public synchronized void failNextSnapshot(String name, Refusal refusal) {
    hosts.get(name).failNextSnapshots.add(refusal);
  }

  /** Copies take their time; or no longer, and those that were begun were cut off. */
  public synchronized void slowToCopy(String name, boolean slow) {
    InMemoryHost host = hosts.get(name);
    host.slowToCopy = slow;
    host.guests.replaceAll(
        (id, guest) ->
            guest.phase() == GuestPhase.COPYING && !slow
                ? GuestChanges.in(guest, GuestPhase.STOPPED)
                : guest);
    notifyAll();
  }

  /** How often something was done with a snapshot of a guest. */
  public synchronized int snapshotTasks(WorkspaceId id) {
    return hosts.values().stream().mapToInt(h -> h.snapshotTasks.getOrDefault(id, 0)).sum();
  }

  /** Guests take their time to power themselves off. */
  public synchronized void slowToStop(String name) {
    hosts.get(name).slowToStop = true;
  }

  /** The removal of that guest does not end. */
  public synchronized void neverRemoves(String name, WorkspaceId id) {
    hosts.get(name).neverRemoved.add(id);
  }

  /** How many looks a preparation takes. */
  public synchronized void slowPreparation(String name, int looks) {
    hosts.get(name).looksUntilPrepared = looks;
  }

  /** Something happens to a guest at its node. */
  public synchronized void set(String name, WorkspaceId id, GuestPhase phase) {
    if (phase == GuestPhase.ABSENT) {
      hosts.get(name).guests.remove(id);
      lives.gone(name, id);
      notifyAll();
    } else {
      keep(hosts.get(name), Guest.of(id, phase));
    }
  }

  /** How many calls to a node wait for news now. */
  public synchronized int waiting(String name) {
    return hosts.get(name).waiting;
  }

  /** Guests that a node has. */
  public synchronized Set<WorkspaceId> guests(String name) {
    return Set.copyOf(hosts.get(name).guests.keySet());
  }

  /** The papers of a guest's image that its node was told last. */
  public synchronized SignedImage papers(String name, WorkspaceId id) {
    return hosts.get(name).papers.get(id);
  }

  /** How a node describes its guest. */
  public synchronized GuestPhase phase(String name, WorkspaceId id) {
    return hosts.get(name).guest(id).phase();
  }

  /** When a node thinks that the lease of its guest ends. */
  public synchronized Optional<Instant> leaseEnds(String name, WorkspaceId id) {
    return hosts.get(name).guest(id).leaseEnds();
  }

  /** How often a guest was booted, on all nodes together. */
  public synchronized int boots(WorkspaceId id) {
    return hosts.values().stream().mapToInt(h -> h.boots.getOrDefault(id, 0)).sum();
  }

  /** Every call so far: {@code n1 prepare}. */
  public synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  @Override
  public synchronized Guest prepare(Node node, Workspace workspace, Dossier dossier, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    InMemoryHost host = host(node, "prepare");
    host.papers.put(workspace.id(), dossier.papers());
    if (!host.refuseNextPreparations.isEmpty()) {
      throw new NodeRefusedException(host.refuseNextPreparations.remove(0));
    }
    Guest there = host.guests.get(workspace.id());
    if (there == null) {
      begin(host, workspace);
    } else {
      keep(host, GuestChanges.until(there, workspace.lease().ends()));
    }
    return awaited(host, workspace.id(), GuestPhase.PREPARING, wait);
  }

  private Guest begin(InMemoryHost host, Workspace workspace) {
    if (!host.failNextPreparations.isEmpty()) {
      return keep(host, GuestChanges.failed(workspace.id(), host.failNextPreparations.remove(0)));
    }
    host.images.add(workspace.order().image().digest());
    Guest guest =
        new Guest(
            workspace.id(),
            host.looksUntilPrepared > 0 ? GuestPhase.PREPARING : GuestPhase.PREPARED,
            Optional.empty(),
            Optional.of(
                new Progress(
                    "fetching",
                    64_000_000,
                    64_000_000,
                    Optional.of(clock.instant()),
                    Optional.of(clock.instant().plusSeconds(1)))),
            Optional.of("192.168.150.7"),
            workspace.order().forwards().stream()
                .map(
                    f ->
                        new Forward(
                            Optional.of("198.51.100.11"), Optional.of(30_000), f.guestPort()))
                .toList(),
            Optional.of(workspace.lease().ends()),
            Optional.empty(),
            List.of(new Moment("VERIFIED", clock.instant(), Optional.empty())),
            GuestSnapshots.NONE,
            Optional.empty(),
            Optional.empty());
    return keep(host, guest);
  }

  @Override
  public synchronized Guest start(
      Node node, WorkspaceId id, Optional<SignedImage> papers, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    InMemoryHost host = host(node, "start");
    Guest guest = host.guests.get(id);
    if (guest != null) {
      papers.ifPresent(now -> host.papers.put(id, now));
    }
    if (guest == null) {
      return Guest.absent(id);
    }
    HandOvers.requireKept(guest);
    boolean off = guest.phase() == GuestPhase.SUSPENDED || guest.phase() == GuestPhase.STOPPED;
    if (off && !host.refuseNextStarts.isEmpty()) {
      Optional<Refusal> why = Optional.of(host.refuseNextStarts.remove(0));
      return keep(host, GuestChanges.refused(guest, why));
    }
    if (guest.phase() == GuestPhase.SUSPENDED && !host.failNextStarts.isEmpty()) {
      return keep(host, GuestChanges.failed(id, host.failNextStarts.remove(0)));
    }
    if (guest.phase() == GuestPhase.PAUSED || guest.phase() == GuestPhase.SUSPENDED) {
      return keep(host, GuestChanges.in(guest, GuestPhase.RUNNING));
    }
    if (guest.phase() != GuestPhase.PREPARED && guest.phase() != GuestPhase.STOPPED) {
      return awaited(host, id, GuestPhase.STARTING, wait);
    }
    if (!host.failNextStarts.isEmpty()) {
      return keep(host, GuestChanges.failed(id, host.failNextStarts.remove(0)));
    }
    host.boots.merge(id, 1, Integer::sum);
    return keep(host, GuestChanges.in(guest, GuestPhase.RUNNING));
  }

  @Override
  public synchronized Guest pause(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException {
    return stilled(host(node, "pause"), id, GuestPhase.PAUSED);
  }

  @Override
  public synchronized Guest suspend(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    InMemoryHost host = host(node, "suspend");
    if (!host.refuseNextSuspensions.isEmpty()) {
      throw new NodeRefusedException(host.refuseNextSuspensions.remove(0));
    }
    return stilled(host, id, GuestPhase.SUSPENDED);
  }

  private Guest stilled(InMemoryHost host, WorkspaceId id, GuestPhase phase) {
    Guest guest = host.guest(id);
    return guest.phase() == GuestPhase.RUNNING ? keep(host, GuestChanges.in(guest, phase)) : guest;
  }

  @Override
  public synchronized Guest stop(Node node, WorkspaceId id, Duration grace, Duration wait)
      throws NodeUnreachableException {
    InMemoryHost host = host(node, "stop " + grace.toSeconds());
    Guest guest = host.guest(id);
    return switch (guest.phase()) {
      case RUNNING, ENDED ->
          keep(
              host,
              GuestChanges.in(guest, host.slowToStop ? GuestPhase.STOPPING : GuestPhase.STOPPED));
      default -> guest;
    };
  }

  @Override
  public synchronized Guest snapshot(Node node, Workspace workspace, Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    SnapshotWish wish = workspace.snapshots().wish().orElseThrow();
    InMemoryHost host = host(node, workspace.goal() + " " + wish.name());
    Guest guest = host.guest(workspace.id());
    boolean known =
        guest.snapshots().outcome().filter(o -> o.token().equals(wish.token())).isPresent();
    if (guest.phase() == GuestPhase.ABSENT || guest.phase() == GuestPhase.COPYING || known) {
      return guest;
    }
    HandOvers.requireKept(guest);
    boolean asleep = guest.phase() == GuestPhase.SUSPENDED && workspace.goal() != Goal.FLATTEN;
    if (guest.phase() != GuestPhase.STOPPED && !asleep) {
      throw HandOvers.refused("guest.not-stopped", "it is " + guest.phase());
    }
    if (host.slowToCopy) {
      return keep(host, GuestChanges.in(guest, GuestPhase.COPYING));
    }
    host.snapshotTasks.merge(workspace.id(), 1, Integer::sum);
    Optional<Refusal> failure =
        host.failNextSnapshots.isEmpty()
            ? Optional.empty()
            : Optional.of(host.failNextSnapshots.remove(0));
    return keep(
        host,
        GuestChanges.keeping(
            GuestChanges.in(guest, KeptSnapshots.phaseAfter(workspace, guest, failure)),
            KeptSnapshots.after(workspace, guest, failure, clock.instant())));
  }

  @Override
  public synchronized Guest offer(Node node, WorkspaceId id, String wish, DistinguishedName to)
      throws NodeUnreachableException, NodeRefusedException {
    InMemoryHost host = host(node, "offer");
    return HandOvers.offered(host, host.guest(id), wish);
  }

  @Override
  public synchronized boolean expect(
      Node node, Workspace workspace, Dossier dossier, Node source, String wish)
      throws NodeUnreachableException, NodeRefusedException {
    return HandOvers.expected(host(node, "expect"), workspace.id(), wish);
  }

  /** How many looks it takes to copy a guest's disks ahead. */
  public synchronized void slowToCopyAhead(String name, int looks) {
    hosts.get(name).looksUntilCopied = looks;
  }

  /** The next guest is not copied ahead there. */
  public synchronized void refuseNextExpectation(String name, Refusal refusal) {
    hosts.get(name).refuseNextExpectations.add(refusal);
  }

  /** Guests that a node offers, or copies ahead. */
  public synchronized Set<WorkspaceId> ahead(String name) {
    return HandOvers.ahead(hosts.get(name));
  }

  @Override
  public synchronized Guest handOver(Node node, WorkspaceId id, String wish, DistinguishedName to)
      throws NodeUnreachableException, NodeRefusedException {
    InMemoryHost host = host(node, "handOver");
    Guest guest = host.guest(id);
    return guest.phase() == GuestPhase.ABSENT
        ? guest
        : keep(host, HandOvers.left(host, guest, wish, to));
  }

  @Override
  public synchronized Guest takeBack(Node node, WorkspaceId id, String wish)
      throws NodeUnreachableException {
    InMemoryHost host = host(node, "takeBack");
    host.offered.remove(id, wish);
    Guest guest = host.guest(id);
    return guest.handOver().filter(h -> h.wish().equals(wish)).isPresent()
        ? keep(host, GuestChanges.leaving(guest, Optional.empty()))
        : guest;
  }

  @Override
  public synchronized Guest receive(
      Node node,
      Workspace workspace,
      Dossier dossier,
      Node source,
      HandOver handOver,
      Duration wait)
      throws NodeUnreachableException, NodeRefusedException {
    InMemoryHost host = host(node, "receive");
    host.papers.put(workspace.id(), dossier.papers());
    host.expected.remove(workspace.id());
    Guest there = host.guests.get(workspace.id());
    if (there == null) {
      Guest begun = keep(host, HandOvers.begun(host, workspace, handOver));
      if (begun.phase() == GuestPhase.RECEIVING && host.looksUntilReceived == 0) {
        keep(host, HandOvers.fetched(host, begun, hosts.values(), lives));
      }
    } else {
      HandOvers.requireSame(there, handOver);
    }
    return awaited(host, workspace.id(), GuestPhase.RECEIVING, wait);
  }

  @Override
  public synchronized Guest remove(Node node, WorkspaceId id, Duration wait)
      throws NodeUnreachableException {
    InMemoryHost host = host(node, "remove");
    if (host.neverRemoved.contains(id)) {
      return keep(host, GuestChanges.in(host.guest(id), GuestPhase.REMOVING));
    }
    host.guests.remove(id);
    host.offered.remove(id);
    host.expected.remove(id);
    lives.gone(node.name(), id);
    notifyAll();
    return Guest.absent(id);
  }

  @Override
  public synchronized Guest inspect(Node node, WorkspaceId id) throws NodeUnreachableException {
    InMemoryHost host = host(node, "inspect");
    Guest guest = host.guest(id);
    if (guest.phase() == GuestPhase.PREPARING && --host.looksUntilPrepared <= 0) {
      return keep(host, GuestChanges.in(guest, GuestPhase.PREPARED));
    }
    if (guest.phase() == GuestPhase.RECEIVING && --host.looksUntilReceived <= 0) {
      return keep(host, HandOvers.fetched(host, guest, hosts.values(), lives));
    }
    return guest;
  }

  @Override
  public synchronized Guest inspect(Node node, WorkspaceId id, GuestPhase known, Duration wait)
      throws NodeUnreachableException {
    inspect(node, id);
    return awaited(hosts.get(node.name()), id, known, wait);
  }

  private Guest awaited(InMemoryHost host, WorkspaceId id, GuestPhase left, Duration wait) {
    long end = System.nanoTime() + wait.toNanos();
    host.waiting++;
    try {
      while (left != GuestPhase.ABSENT
          && host.guest(id).phase() == left
          && end - System.nanoTime() > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(end - System.nanoTime(), 1_000_000));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      host.waiting--;
    }
    return host.guest(id);
  }

  @Override
  public synchronized ConsoleChunk readConsole(Node node, WorkspaceId id, long offset, int max)
      throws NodeUnreachableException, NodeRefusedException {
    boolean over =
        switch (host(node, "console").guest(id).phase()) {
          case ABSENT ->
              throw new NodeRefusedException(
                  Refusal.of(Refusal.Category.NOT_FOUND, "guest.absent", "no such guest"));
          case STOPPED, SUSPENDED, ENDED, FAILED, REMOVING -> true;
          default -> false;
        };
    byte[] all = "booting\nlogin: ".getBytes(StandardCharsets.UTF_8);
    int from = (int) Math.min(offset, all.length);
    int to = Math.min(all.length, from + max);
    byte[] piece = java.util.Arrays.copyOfRange(all, from, to);
    return new ConsoleChunk(from, piece, to, over && piece.length == 0);
  }

  public static DistinguishedName dn(String name) {
    return new DistinguishedName("/DC=org/DC=hospes/CN=" + name + ".example.org");
  }

  private InMemoryHost host(Node node, String call) throws NodeUnreachableException {
    calls.add(node.name() + " " + call);
    InMemoryHost host = hosts.get(node.name());
    if (!host.reachable) {
      throw new NodeUnreachableException(node.name(), "connection refused", null);
    }
    return host;
  }

  private void beat(String name) {
    InMemoryHost host = hosts.get(name);
    NodeReport report = host.report();
    if (registry.heard(name, dn(name), report).isEmpty()) {
      registry.register(name, dn(name), host.facts(), report);
    }
  }

  private Guest keep(InMemoryHost host, Guest guest) {
    host.guests.put(guest.id(), guest);
    switch (guest.phase()) {
      case RUNNING -> lives.begins(host.name, guest.id());
      case STOPPED, SUSPENDED, ENDED, FAILED -> lives.rests(host.name, guest.id());
      default -> {}
    }
    notifyAll();
    return guest;
  }
}
