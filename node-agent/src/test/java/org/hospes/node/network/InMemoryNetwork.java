package org.hospes.node.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A network in maps. What the kernel would keep over a restart of the agent (rules, forwards) and
 * what the agent keeps in memory (reservations) are apart: {@link #restarted} forgets the latter.
 */
public final class InMemoryNetwork implements GuestNetwork {
  private final Map<UUID, Attachment> reserved = new HashMap<>();
  private final Map<UUID, Attachment> installed = new HashMap<>();
  private final Set<UUID> settled = new HashSet<>();
  private final String bridge;
  private boolean broken;
  private Optional<String> difference = Optional.empty();

  /** With a bridge that nobody looks for. */
  public InMemoryNetwork() {
    this("hospes0");
  }

  /** With a bridge that a real hypervisor finds. */
  public InMemoryNetwork(String bridge) {
    this.bridge = bridge;
  }

  /** One that is as empty as this was, on a bridge of the same name. */
  public InMemoryNetwork another() {
    return new InMemoryNetwork(bridge);
  }

  @Override
  public synchronized Attachment reserve(
      UUID id, List<ForwardRequest> forwards, FormerNetwork former, boolean keepsAddress)
      throws NetworkRefusedException {
    Attachment held = reserved.get(id);
    if (held != null) {
      return held;
    }
    boolean free = reserved.values().stream().noneMatch(a -> a.address().equals(former.address()));
    if (!free && keepsAddress) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.TAKEN,
          "guest.address.taken",
          former.address() + " belongs to another guest",
          null,
          Map.of("expected", former.address()));
    }
    if (!free) {
      return reserve(id, forwards);
    }
    Attachment attachment =
        new Attachment(
            id,
            bridge,
            Attachment.interfaceNameOf(id),
            former.mac(),
            former.address(),
            former.gateway(),
            former.forwards());
    reserved.put(id, attachment);
    return attachment;
  }

  @Override
  public synchronized Attachment reserve(UUID id, List<ForwardRequest> forwards)
      throws NetworkRefusedException {
    Attachment held = reserved.get(id);
    if (held != null) {
      return held;
    }
    int number = 2;
    Set<String> taken = new HashSet<>();
    reserved.values().forEach(a -> taken.add(a.address()));
    while (taken.contains("192.168.150." + number)) {
      number++;
    }
    List<Forward> granted = new ArrayList<>();
    for (ForwardRequest forward : forwards) {
      int port = forward.hostPort().orElse(30000 + number);
      boolean used =
          reserved.values().stream()
              .flatMap(a -> a.forwards().stream())
              .anyMatch(f -> f.hostPort() == port);
      if (used) {
        throw new NetworkRefusedException(
            NetworkRefusedException.Kind.TAKEN,
            "network.port.taken",
            "port " + port + " belongs to another guest",
            "choose another",
            Map.of("port", Integer.toString(port)));
      }
      granted.add(new Forward("198.51.100.11", port, forward.guestPort()));
    }
    Attachment attachment =
        new Attachment(
            id,
            bridge,
            Attachment.interfaceNameOf(id),
            String.format("52:54:00:00:00:%02x", number),
            "192.168.150." + number,
            "192.168.150.1",
            granted);
    reserved.put(id, attachment);
    return attachment;
  }

  @Override
  public synchronized void install(Attachment attachment) {
    installed.put(attachment.id(), attachment);
  }

  @Override
  public synchronized void settle(Attachment attachment) {
    settled.add(attachment.id());
  }

  @Override
  public synchronized void readBack(Attachment attachment) throws NetworkRefusedException {
    boolean there =
        attachment.equals(installed.get(attachment.id())) && settled.contains(attachment.id());
    if (!there || broken) {
      throw new NetworkRefusedException(
          NetworkRefusedException.Kind.INVALID,
          "network.rules.differ",
          "the rules are not what they must be",
          null,
          Map.of("expected", attachment.toString(), "found", String.valueOf(installed)));
    }
  }

  @Override
  public synchronized void release(UUID id) {
    installed.remove(id);
    settled.remove(id);
    reserved.remove(id);
  }

  @Override
  public synchronized void recover(Collection<Attachment> held) {
    installed.clear();
    for (Attachment attachment : held) {
      reserved.put(attachment.id(), attachment);
      installed.put(attachment.id(), attachment);
    }
  }

  @Override
  public synchronized Optional<String> uphold() {
    Optional<String> found = difference;
    difference = Optional.empty();
    return found;
  }

  @Override
  public String forwardAddress() {
    return "198.51.100.11";
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }

  @Override
  public synchronized void dismantle() {
    restarted();
    installed.clear();
    settled.clear();
  }

  @Override
  public void close() {}

  // --- what a test can do to it

  /** The agent's memory is lost. */
  public synchronized void restarted() {
    reserved.clear();
  }

  /** From now on, reading back finds something wrong. */
  public synchronized void breakRules(boolean yes) {
    broken = yes;
  }

  /** Somebody altered the rules; the next look finds it. */
  public synchronized void flushed(String what) {
    difference = Optional.of(what);
  }

  /** Guests with rules. */
  public synchronized Set<UUID> installed() {
    return Set.copyOf(installed.keySet());
  }
}
