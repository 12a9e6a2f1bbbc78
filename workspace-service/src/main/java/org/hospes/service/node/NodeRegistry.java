package org.hospes.service.node;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/**
 * The nodes that registered since the service started, and what they last said. Kept in memory:
 * agents that are not known register again with their next heartbeat, and for as long as silence is
 * tolerated nobody is held silent only because the service is young. Safe for use by many threads.
 */
public final class NodeRegistry {
  private final Clock clock;
  private final Duration silentAfter;
  private final Instant startedAt;
  private final Supplier<? extends Collection<String>> expected;
  private final Map<String, Node> nodes = new ConcurrentHashMap<>();
  private final Map<Place, Seen> guests = new ConcurrentHashMap<>();

  private final Map<String, Set<WorkspaceId>> strangers = new ConcurrentHashMap<>();

  // While a workspace goes from one node to another, both tell of it.
  private record Place(String node, WorkspaceId id) {}

  private record Seen(Guest guest, Instant at) {}

  /**
   * An empty registry.
   *
   * @param silentAfter a node not heard for longer is silent
   * @param expected the names of all nodes that this site has
   */
  public NodeRegistry(
      Clock clock, Duration silentAfter, Supplier<? extends Collection<String>> expected) {
    this.clock = clock;
    this.silentAfter = silentAfter;
    this.startedAt = clock.instant();
    this.expected = expected;
  }

  /** A node says what it is. Replaces what was known of that name. */
  public Node register(String name, DistinguishedName dn, NodeFacts facts, NodeReport report) {
    Node node = new Node(name, dn, facts, report, clock.instant());
    nodes.put(name, node);
    take(node);
    return node;
  }

  /**
   * A node says how it is.
   *
   * @return empty when it must register first, as after a restart of the service
   */
  public Optional<Node> heard(String name, DistinguishedName dn, NodeReport report) {
    Node node =
        nodes.computeIfPresent(
            name,
            (n, known) ->
                known.dn().equals(dn)
                    ? new Node(n, dn, known.facts(), report, clock.instant())
                    : known);
    if (node == null || !node.dn().equals(dn)) {
      return Optional.empty();
    }
    take(node);
    return Optional.of(node);
  }

  /** Forgets a node that is no longer taken as one. */
  public void forget(String name) {
    nodes.remove(name);
  }

  /** What a node just said of a guest, in answer to a call. */
  public void saw(String node, Guest guest) {
    guests.put(new Place(node, guest.id()), new Seen(guest, clock.instant()));
  }

  /** A node reports guests that the service knows nothing of: its database may be an older one. */
  public void strangers(String node, Set<WorkspaceId> ids) {
    if (ids.isEmpty()) {
      strangers.remove(node);
    } else {
      strangers.put(node, Set.copyOf(ids));
    }
  }

  /** Guests that nodes report and the service knows nothing of, by node. */
  public Map<String, Set<WorkspaceId>> strangers() {
    return Map.copyOf(strangers);
  }

  /** Nothing more is to be known of it. */
  public void forgetGuest(WorkspaceId id) {
    guests.keySet().removeIf(place -> place.id().equals(id));
  }

  /** What that node last said of that guest. */
  public Optional<Guest> guest(String node, WorkspaceId id) {
    return Optional.ofNullable(guests.get(new Place(node, id))).map(Seen::guest);
  }

  /**
   * Whether that node, having registered, named all its guests in a report at or after that time
   * and did not name this one.
   */
  public boolean reportedWithout(String node, WorkspaceId id, Instant since) {
    Node known = nodes.get(node);
    return known != null
        && !known.lastHeard().isBefore(since)
        && known.report().guests().stream().noneMatch(g -> g.id().equals(id));
  }

  /** That node, if it registered. */
  public Optional<Node> find(String name) {
    return Optional.ofNullable(nodes.get(name));
  }

  /** The names of the nodes that the site has. */
  public SortedSet<String> names() {
    SortedSet<String> names = new TreeSet<>(expected.get());
    names.addAll(nodes.keySet());
    return names;
  }

  /** All that registered, by name. */
  public List<Node> nodes() {
    return nodes.values().stream().sorted(Comparator.comparing(Node::name)).toList();
  }

  /** Those not silent, by name. */
  public List<Node> alive() {
    return nodes().stream().filter(n -> !silent(n.name())).toList();
  }

  /** Whether nothing was heard of it for too long, the youth of the service considered. */
  public boolean silent(String name) {
    Instant last = Optional.ofNullable(nodes.get(name)).map(Node::lastHeard).orElse(startedAt);
    return last.plus(silentAfter).isBefore(clock.instant());
  }

  /** How long nothing must have been heard of a node for it to be silent. */
  public Duration silentAfter() {
    return silentAfter;
  }

  /** Since when this registry listens. */
  public Instant startedAt() {
    return startedAt;
  }

  /** Whether every node of the site registered, or had the time to. */
  public boolean complete() {
    return settled() || nodes.keySet().containsAll(expected.get());
  }

  /** The node whose last report names that guest; of two, the one where it may go on. */
  public Optional<Node> holding(WorkspaceId id) {
    return nodes().stream()
        .filter(n -> reported(n, id).isPresent())
        .min(Comparator.comparing(n -> !reported(n, id).orElseThrow().atHome()));
  }

  private static Optional<Guest> reported(Node node, WorkspaceId id) {
    return node.report().guests().stream()
        .filter(g -> g.id().equals(id) && g.phase() != GuestPhase.ABSENT)
        .findFirst();
  }

  /** Whether every living node had the time to register. */
  public boolean settled() {
    return startedAt.plus(silentAfter).isBefore(clock.instant());
  }

  private void take(Node node) {
    Set<WorkspaceId> named =
        node.report().guests().stream().map(Guest::id).collect(Collectors.toSet());
    // What a call saw a moment ago may be missing from a report that was made before it.
    Instant old = node.lastHeard().minus(silentAfter);
    guests
        .entrySet()
        .removeIf(
            e ->
                e.getKey().node().equals(node.name())
                    && !named.contains(e.getKey().id())
                    && e.getValue().at().isBefore(old));
    for (Guest guest : node.report().guests()) {
      guests.put(new Place(node.name(), guest.id()), new Seen(guest, node.lastHeard()));
    }
  }
}
