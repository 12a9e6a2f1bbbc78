package org.hospes.node.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;

/**
 * Which guest holds which address and which ports of the node. In memory: the agent's journal keeps
 * it, and {@link #take} gives it back after a restart. Not safe for use by several threads.
 */
final class AddressBook {
  private final String bridge;
  private final Subnet subnet;
  private final String forwardAddress;
  private final int firstPort;
  private final int lastPort;
  private final Map<UUID, Attachment> held = new LinkedHashMap<>();

  AddressBook(String bridge, Subnet subnet, String forwardAddress, int firstPort, int lastPort) {
    this.bridge = bridge;
    this.subnet = subnet;
    this.forwardAddress = forwardAddress;
    this.firstPort = firstPort;
    this.lastPort = lastPort;
  }

  String gateway() {
    return subnet.address(1);
  }

  /** Every lease that can ever be given. */
  List<GuestBridge.Station> stations() {
    List<GuestBridge.Station> all = new ArrayList<>();
    for (int n = 2; n < subnet.size() - 1; n++) {
      all.add(new GuestBridge.Station(subnet.mac(n), subnet.address(n)));
    }
    return all;
  }

  Collection<Attachment> all() {
    return List.copyOf(held.values());
  }

  Optional<Attachment> of(UUID id) {
    return Optional.ofNullable(held.get(id));
  }

  void take(Attachment attachment) {
    held.put(attachment.id(), attachment);
  }

  void give(UUID id) {
    held.remove(id);
  }

  Attachment reserve(UUID id, List<ForwardRequest> wishes) throws NetworkRefusedException {
    Attachment before = held.get(id);
    if (before != null) {
      return before;
    }
    String device = ownDevice(id);
    List<Forward> forwards = forwards(wishes);
    return hold(id, device, freeAddress(id), forwards);
  }

  /** As {@link GuestNetwork#reserve(UUID, List, FormerNetwork, boolean)}. */
  Attachment reserve(
      UUID id, List<ForwardRequest> wishes, FormerNetwork former, boolean keepsAddress)
      throws NetworkRefusedException {
    Attachment before = held.get(id);
    if (before != null) {
      return before;
    }
    String device = ownDevice(id);
    OptionalInt same = freeHere(former);
    if (keepsAddress && same.isEmpty()) {
      throw cannotKeep(former);
    }
    List<Forward> forwards = forwards(sameWhereFree(wishes, former.forwards()));
    return hold(id, device, same.isPresent() ? same.getAsInt() : freeAddress(id), forwards);
  }

  private Attachment hold(UUID id, String device, int n, List<Forward> forwards) {
    Attachment attachment =
        new Attachment(id, bridge, device, subnet.mac(n), subnet.address(n), gateway(), forwards);
    held.put(id, attachment);
    return attachment;
  }

  /** The number of the address that a guest had elsewhere; empty when it cannot be had here. */
  private OptionalInt freeHere(FormerNetwork former) {
    if (!former.gateway().equals(gateway())) {
      return OptionalInt.empty();
    }
    Set<String> taken = new HashSet<>();
    held.values().forEach(a -> taken.add(a.address()));
    for (int n = 2; n < subnet.size() - 1; n++) {
      if (subnet.address(n).equals(former.address())) {
        boolean same = subnet.mac(n).equals(former.mac()) && !taken.contains(former.address());
        return same ? OptionalInt.of(n) : OptionalInt.empty();
      }
    }
    return OptionalInt.empty();
  }

  private NetworkRefusedException cannotKeep(FormerNetwork former) {
    String holder =
        held.values().stream()
            .filter(a -> a.address().equals(former.address()))
            .map(a -> "held by workspace " + a.id())
            .findFirst()
            .orElse(subnet + " with gateway " + gateway());
    return new NetworkRefusedException(
        NetworkRefusedException.Kind.TAKEN,
        "guest.address.taken",
        "a guest that goes on from its memory keeps its address, and cannot have "
            + former.address()
            + " here",
        "Choose another node, or stop the guest instead of suspending it.",
        Map.of(
            "expected", former.address() + " free, gateway " + former.gateway(), "found", holder));
  }

  /** Each port of the guest by the port of the node that it had elsewhere, if that is free. */
  private List<ForwardRequest> sameWhereFree(List<ForwardRequest> wishes, List<Forward> former) {
    Set<Integer> taken = new HashSet<>();
    held.values().forEach(a -> a.forwards().forEach(f -> taken.add(f.hostPort())));
    List<Forward> left = new ArrayList<>(former);
    List<ForwardRequest> same = new ArrayList<>();
    for (ForwardRequest wish : wishes) {
      Optional<Forward> had =
          left.stream().filter(f -> f.guestPort() == wish.guestPort()).findFirst();
      had.ifPresent(left::remove);
      OptionalInt port = had.map(f -> OptionalInt.of(f.hostPort())).orElse(wish.hostPort());
      boolean free =
          port.isPresent()
              && port.getAsInt() >= firstPort
              && port.getAsInt() <= lastPort
              && taken.add(port.getAsInt());
      same.add(new ForwardRequest(free ? port : OptionalInt.empty(), wish.guestPort()));
    }
    return same;
  }

  private String ownDevice(UUID id) throws NetworkRefusedException {
    String device = Attachment.interfaceNameOf(id);
    for (Attachment other : held.values()) {
      if (other.interfaceName().equals(device)) {
        throw new NetworkRefusedException(
            NetworkRefusedException.Kind.TAKEN,
            "network.interface.taken",
            "workspaces " + id + " and " + other.id() + " would share the interface " + device,
            "Deploy again: the new workspace gets another id.",
            Map.of("interface", device, "held-by", other.id().toString()));
      }
    }
    return device;
  }

  /**
   * Begins at a place that follows from the id, so that the guests of two nodes rarely have the
   * same address, and a newcomer rarely meets the connections of the one before.
   */
  private int freeAddress(UUID id) throws NetworkRefusedException {
    Set<String> taken = new HashSet<>();
    held.values().forEach(a -> taken.add(a.address()));
    int pool = (int) subnet.size() - 3;
    int first = Math.floorMod(id.hashCode(), pool);
    for (int i = 0; i < pool; i++) {
      int n = 2 + (first + i) % pool;
      if (!taken.contains(subnet.address(n))) {
        return n;
      }
    }
    throw new NetworkRefusedException(
        NetworkRefusedException.Kind.NO_CAPACITY,
        "network.addresses.exhausted",
        "all " + pool + " addresses of " + subnet + " are held by guests",
        "Wait for a workspace to end, or give the node a larger network.subnet.",
        Map.of("subnet", subnet.toString()));
  }

  private List<Forward> forwards(List<ForwardRequest> wishes) throws NetworkRefusedException {
    Map<Integer, UUID> taken = new LinkedHashMap<>();
    held.values().forEach(a -> a.forwards().forEach(f -> taken.put(f.hostPort(), a.id())));
    List<Forward> forwards = new ArrayList<>();
    Set<Integer> mine = new HashSet<>();
    for (ForwardRequest wish : wishes) {
      if (wish.hostPort().isPresent()) {
        requireFree(wish.hostPort().getAsInt(), taken, mine);
      }
    }
    for (ForwardRequest wish : wishes) {
      int port = wish.hostPort().isPresent() ? wish.hostPort().getAsInt() : freePort(taken, mine);
      mine.add(port);
      forwards.add(new Forward(forwardAddress, port, wish.guestPort()));
    }
    return forwards;
  }

  private void requireFree(int port, Map<Integer, UUID> taken, Set<Integer> mine)
      throws NetworkRefusedException {
    if (port < firstPort || port > lastPort) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.INVALID,
          "network.port.out-of-range",
          "port " + port + " cannot be forwarded: this node forwards " + firstPort + "-" + lastPort,
          "Leave the host port out, and the node chooses one.",
          Map.of("expected", firstPort + "-" + lastPort, "found", String.valueOf(port)));
    }
    if (taken.containsKey(port) || !mine.add(port)) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.TAKEN,
          "network.port.taken",
          "port " + port + " of this node is taken",
          "Leave the host port out, and the node chooses one.",
          Map.of("port", String.valueOf(port)));
    }
  }

  private int freePort(Map<Integer, UUID> taken, Set<Integer> mine) throws NetworkRefusedException {
    for (int port = firstPort; port <= lastPort; port++) {
      if (!taken.containsKey(port) && !mine.contains(port)) {
        return port;
      }
    }
    throw new NetworkRefusedException(
        NetworkRefusedException.Kind.NO_CAPACITY,
        "network.ports.exhausted",
        "all ports " + firstPort + "-" + lastPort + " of this node are forwarded already",
        "Wait for a workspace to end, or widen network.forward-ports.",
        Map.of("range", firstPort + "-" + lastPort));
  }
}
