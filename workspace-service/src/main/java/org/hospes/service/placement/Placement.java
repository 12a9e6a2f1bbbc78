package org.hospes.service.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.hospes.image.Digest;
import org.hospes.service.node.Drains;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.workspace.Order;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Workspace;

/**
 * Chooses nodes. A pure function of what the registry knows and of what is reserved; whoever
 * reserves must save its choice before the next one is made.
 */
public final class Placement {
  private final NodeRegistry registry;
  private final Drains drains;
  private final Targets targets;
  private final Object oneChoiceAtATime = new Object();

  /**
   * @param drains name the nodes that are not chosen
   */
  public Placement(NodeRegistry registry, Drains drains) {
    this.registry = registry;
    this.drains = drains;
    this.targets = new Targets(registry, drains);
  }

  /**
   * A choice and the save that makes it a reservation, with no other one between: two choices must
   * not see the same room.
   */
  public <T> T alone(Supplier<T> choiceAndSave) {
    synchronized (oneChoiceAtATime) {
      return choiceAndSave.get();
    }
  }

  /**
   * A node that can take a workspace over from the one where it is: it is not silent, not drained,
   * says that it can go on with what the other leaves, and has room. The order of preference is
   * that of {@link #choose}.
   *
   * @param wanted this one and no other
   * @param cold whether one that runs is stopped, so that no memory goes along
   * @param reserved every workspace that has not ended
   * @throws org.hospes.service.workspace.RefusedException why there is none
   */
  public Node target(
      Workspace workspace, Optional<String> wanted, boolean cold, List<Workspace> reserved) {
    return targets.choose(workspace, wanted, cold, reserved);
  }

  /**
   * A node for an order: it is not silent, not drained, and has room; one that already holds the
   * image comes first, then the one with most memory left, so that load spreads.
   *
   * @param reserved every workspace that has not ended
   * @return empty when none has room now
   */
  public Optional<Node> choose(Order order, List<Workspace> reserved) {
    Digest image = order.image().digest();
    return open().stream()
        .filter(node -> hasRoom(node, order, reserved))
        .min(
            Comparator.comparing((Node node) -> !node.report().images().contains(image))
                .thenComparing(node -> -free(node, reserved).memoryBytes())
                .thenComparing(Node::name));
  }

  /**
   * Why an order can never be placed here: it asks for more than any node has, empty or not.
   *
   * @return empty when some node could take it, or when nodes may still be about to register
   */
  public Optional<Refusal> impossible(Order order) {
    List<Node> nodes = registry.nodes();
    Resources asked = order.resources();
    if (nodes.isEmpty()) {
      return registry.settled()
          ? Optional.of(
              Refusal.of(
                      Refusal.Category.NO_CAPACITY,
                      "capacity.no-node",
                      "no cluster node has registered with this site")
                  .advice("ask the site's operators; nothing can run until a node is back"))
          : Optional.empty();
    }
    if (nodes.stream().anyMatch(n -> fits(asked, n.facts().capacity()))) {
      return Optional.empty();
    }
    return Optional.of(
        Refusal.of(
                Refusal.Category.NO_CAPACITY,
                "capacity.too-large",
                "no node of this site has "
                    + describe(asked)
                    + "; they have "
                    + nodes.stream()
                        .map(n -> n.name() + ": " + describe(n.facts().capacity()))
                        .collect(Collectors.joining("; ")))
            .advice("ask for less")
            .fact("askedCpus", asked.cpus())
            .fact("askedMemoryBytes", asked.memoryBytes())
            .fact("askedScratchBytes", asked.scratchBytes())
            .fact(
                "largestCpus",
                nodes.stream().mapToInt(n -> n.facts().capacity().cpus()).max().orElse(0))
            .fact(
                "largestMemoryBytes",
                nodes.stream().mapToLong(n -> n.facts().capacity().memoryBytes()).max().orElse(0)));
  }

  /** What a node has left. */
  public static Resources free(Node node, List<Workspace> reserved) {
    Resources used = used(node.name(), reserved);
    Resources all = node.facts().capacity();
    return new Resources(
        Math.max(0, all.cpus() - used.cpus()),
        Math.max(0, all.memoryBytes() - used.memoryBytes()),
        // Scratch disks are sparse: what is reserved is not yet missing from what is free.
        Math.max(
            0, Math.min(node.report().diskFreeBytes(), all.scratchBytes() - used.scratchBytes())));
  }

  /** What workspaces take of a node. */
  public static Resources used(String node, List<Workspace> reserved) {
    return reserved.stream()
        .filter(w -> w.state().occupiesNode())
        .filter(w -> w.node().filter(node::equals).isPresent() || w.migrations().bringsTo(node))
        .map(Placement::taken)
        .reduce(Resources.NONE, Resources::plus);
  }

  /** What a workspace takes of its node. */
  static Resources taken(Workspace workspace) {
    return workspace.order().resources().plus(new Resources(0, 0, workspace.snapshots().bytes()));
  }

  /** For people: why nobody has room now. */
  public String whyNot(Order order, List<Workspace> reserved) {
    List<Node> alive = registry.alive();
    if (alive.isEmpty()) {
      return "waiting: no node is there at the moment";
    }
    List<Node> open = open();
    if (open.isEmpty()) {
      return "waiting: the site's operators have closed every node to new workspaces";
    }
    return "waiting for room: asked "
        + describe(order.resources())
        + "; free are "
        + open.stream()
            .map(n -> describe(free(n, reserved)) + " on " + n.name())
            .collect(Collectors.joining(", "));
  }

  /** Those that take new workspaces. */
  private List<Node> open() {
    Set<String> drained = drains.all().keySet();
    return registry.alive().stream().filter(node -> !drained.contains(node.name())).toList();
  }

  private static boolean hasRoom(Node node, Order order, List<Workspace> reserved) {
    Resources free = free(node, reserved);
    long image =
        node.report().images().contains(order.image().digest()) ? 0 : order.image().diskBytes();
    return fits(order.resources(), free)
        && order.resources().scratchBytes() + image <= free.scratchBytes();
  }

  static boolean fits(Resources asked, Resources there) {
    return asked.cpus() <= there.cpus()
        && asked.memoryBytes() <= there.memoryBytes()
        && asked.scratchBytes() <= there.scratchBytes();
  }

  static String describe(Resources r) {
    return r.cpus()
        + " CPUs, "
        + mebibytes(r.memoryBytes())
        + " MiB of memory"
        + (r.scratchBytes() > 0 ? ", " + mebibytes(r.scratchBytes()) + " MiB of disk" : "");
  }

  private static long mebibytes(long bytes) {
    return bytes >> 20;
  }
}
