package org.hospes.service.workspace;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a workspace's way from node to node.
 *
 * @param now what the goal is about, while it is to migrate
 * @param leftOn nodes that have something of it which can never run again, and is to be removed
 * @param setback why nothing came of the last migration; until the next wish
 */
public record Migrations(Optional<Migration> now, List<String> leftOn, Optional<Refusal> setback) {
  /** Of a workspace that never moved. */
  public static final Migrations NONE =
      new Migrations(Optional.empty(), List.of(), Optional.empty());

  public Migrations {
    leftOn = leftOn.stream().distinct().toList();
  }

  /** Whether it is on its way to that node. */
  public boolean bringsTo(String node) {
    return now.filter(m -> m.givenUp().isEmpty() && m.to().equals(node)).isPresent();
  }

  /** Something else is wished; what was begun at a target is only in the way there. */
  Migrations otherwise() {
    return new Migrations(
        Optional.empty(), now.map(m -> leftOn(m.to())).orElse(leftOn), Optional.empty());
  }

  /** It has arrived at the target of the wish. */
  Migrations arrived() {
    return new Migrations(Optional.empty(), leftOn(now.orElseThrow().from()), Optional.empty());
  }

  /** It is back at the source of the wish. */
  Migrations undone() {
    return new Migrations(Optional.empty(), leftOn(now.orElseThrow().to()), now.get().givenUp());
  }

  Migrations forgiven() {
    return new Migrations(now, leftOn, Optional.empty());
  }

  Migrations wished(Migration wish) {
    return new Migrations(Optional.of(wish), leftOn, Optional.empty());
  }

  Migrations clearedOn(String node) {
    return new Migrations(now, leftOn.stream().filter(n -> !n.equals(node)).toList(), setback);
  }

  private List<String> leftOn(String node) {
    List<String> more = new ArrayList<>(leftOn);
    more.add(node);
    return more;
  }
}
