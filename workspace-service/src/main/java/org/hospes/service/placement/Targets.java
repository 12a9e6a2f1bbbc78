package org.hospes.service.placement;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hospes.service.node.Drains;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/**
 * Chooses the nodes that workspaces may migrate to. A pure function like {@link Placement}, and a
 * choice is a reservation only once it is saved.
 */
final class Targets {
  private static final String MIGRATE = "migrate";

  private final NodeRegistry registry;
  private final Drains drains;

  Targets(NodeRegistry registry, Drains drains) {
    this.registry = registry;
    this.drains = drains;
  }

  /** As {@link Placement#target}. */
  Node choose(
      Workspace workspace, Optional<String> wanted, boolean cold, List<Workspace> reserved) {
    Node source = source(workspace);
    if (wanted.isPresent()) {
      Node target = named(wanted.get());
      unfit(workspace, source, target, cold, reserved)
          .ifPresent(
              why -> {
                throw why.toException();
              });
      return target;
    }
    Map<String, Refusal> unfit = new LinkedHashMap<>();
    List<Node> fit =
        registry.nodes().stream()
            .filter(node -> !node.name().equals(source.name()))
            .filter(
                node -> {
                  Optional<Refusal> why = unfit(workspace, source, node, cold, reserved);
                  why.ifPresent(refusal -> unfit.put(node.name(), refusal));
                  return why.isEmpty();
                })
            .toList();
    return fit.stream()
        .min(
            Comparator.comparing(
                    (Node n) -> !n.report().images().contains(workspace.order().image().digest()))
                .thenComparing(n -> -Placement.free(n, reserved).memoryBytes())
                .thenComparing(Node::name))
        .orElseThrow(() -> nowhere(workspace, source, unfit));
  }

  private Node source(Workspace workspace) {
    String name = workspace.node().orElseThrow();
    return registry
        .find(name)
        .orElseThrow(() -> silent(name, "has not been heard since the service started"));
  }

  private Node named(String name) {
    if (!registry.names().contains(name)) {
      throw Refusal.of(
              Refusal.Category.NOT_FOUND, "node.not-found", "this site has no node " + name)
          .advice("its nodes are " + String.join(", ", registry.names()))
          .fact("node", name)
          .toException();
    }
    return registry.find(name).orElseThrow(() -> silent(name, "is not there at the moment"));
  }

  private static RefusedException silent(String name, String how) {
    return silence(name, how).toException();
  }

  private static Refusal silence(String name, String how) {
    return Refusal.of(Refusal.Category.SITE, "node.silent", "node " + name + " " + how)
        .advice("ask again in a moment")
        .fact("node", name);
  }

  /** Why it cannot go there; empty when it can. */
  private Optional<Refusal> unfit(
      Workspace workspace, Node source, Node target, boolean cold, List<Workspace> reserved) {
    if (registry.silent(target.name())) {
      return Optional.of(silence(target.name(), "is silent"));
    }
    if (drains.all().containsKey(target.name())) {
      return Optional.of(
          conflict("node.drained", target, "takes no workspaces: it is drained")
              .advice("choose another, or see workspace node list"));
    }
    if (workspace.migrations().leftOn().contains(target.name())) {
      return Optional.of(
          conflict("node.remains", target, "still clears away what it had of this workspace")
              .advice("ask again in a moment"));
    }
    return incapable(source, target, memoryGoesAlong(workspace, cold))
        .or(() -> full(workspace, target, cold, reserved));
  }

  private static boolean memoryGoesAlong(Workspace workspace, boolean cold) {
    return workspace.state() == State.SUSPENDED
        || (workspace.state() == State.RUNNING && !cold)
        || workspace.snapshots().kept().stream().anyMatch(Snapshot::memory);
  }

  private static Optional<Refusal> incapable(Node source, Node target, boolean memory) {
    if (!target.facts().capabilities().contains(MIGRATE)) {
      return Optional.of(
          conflict("node.incapable", target, "cannot take a guest over")
              .advice("see what nodes can do: workspace node list -o json")
              .fact("expected", MIGRATE)
              .fact("found", target.facts().capabilities()));
    }
    Optional<String> here = memory ? source.facts().machine() : source.facts().platform();
    Optional<String> there = memory ? target.facts().machine() : target.facts().platform();
    if (here.isPresent() && here.equals(there)) {
      return Optional.empty();
    }
    return Optional.of(
        conflict(
                "node.differs",
                target,
                memory
                    ? "cannot go on with memory that was written on node " + source.name()
                    : "runs guests on something else than node " + source.name())
            .advice(
                memory
                    ? "choose another node; or move it off (stopped, or --cold) and without"
                        + " snapshots that have memory"
                    : "choose another node")
            .fact("expected", here.orElse("nothing said by " + source.name()))
            .fact("found", there.orElse("nothing said by " + target.name())));
  }

  private static Optional<Refusal> full(
      Workspace workspace, Node target, boolean cold, List<Workspace> reserved) {
    Resources asked = Placement.taken(workspace);
    long image =
        target.report().images().contains(workspace.order().image().digest())
            ? 0
            : workspace.order().image().diskBytes();
    long memory =
        memoryGoesAlong(workspace, cold) ? workspace.order().resources().memoryBytes() : 0;
    Resources needed = asked.plus(new Resources(0, 0, image + memory));
    Resources free = Placement.free(target, reserved);
    if (Placement.fits(needed, free)) {
      return Optional.empty();
    }
    return Optional.of(
        Refusal.of(
                Refusal.Category.NO_CAPACITY,
                "capacity.no-room",
                "node "
                    + target.name()
                    + " has no room for it: needed are "
                    + Placement.describe(needed)
                    + "; free are "
                    + Placement.describe(free))
            .advice("choose another node, or ask again once there is room")
            .fact("node", target.name()));
  }

  private static RefusedException nowhere(
      Workspace workspace, Node source, Map<String, Refusal> unfit) {
    Refusal refusal =
        Refusal.of(
                Refusal.Category.NO_CAPACITY,
                "migration.no-target",
                "no node can take workspace "
                    + workspace.id()
                    + " over from "
                    + source.name()
                    + (unfit.isEmpty()
                        ? ": there is no other"
                        : ": "
                            + unfit.values().stream()
                                .map(Refusal::message)
                                .collect(Collectors.joining("; "))))
            .advice("ask again once there is room; see workspace node list");
    for (Map.Entry<String, Refusal> why : unfit.entrySet()) {
      refusal = refusal.fact(why.getKey(), why.getValue().code());
    }
    return refusal.toException();
  }

  private static Refusal conflict(String code, Node target, String why) {
    return Refusal.of(Refusal.Category.CONFLICT, code, "node " + target.name() + " " + why)
        .fact("node", target.name());
  }
}
