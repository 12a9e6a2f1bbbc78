package org.hospes.node.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  // Addresses go round, so that a newcomer does not meet the connections of the one before.
  private int lastGiven = 1;

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
    List<Forward> forwards = forwards(wishes);
    int n = freeAddress();
    Attachment attachment =
        new Attachment(id, bridge, device, subnet.mac(n), subnet.address(n), gateway(), forwards);
    held.put(id, attachment);
    lastGiven = n;
    return attachment;
  }

  private int freeAddress() throws NetworkRefusedException {
    Set<String> taken = new HashSet<>();
    held.values().forEach(a -> taken.add(a.address()));
    int pool = (int) subnet.size() - 3;
    for (int i = 0; i < pool; i++) {
      int n = 2 + (lastGiven - 1 + i) % pool;
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
