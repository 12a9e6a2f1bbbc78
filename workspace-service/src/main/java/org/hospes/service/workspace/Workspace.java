package org.hospes.service.workspace;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hospes.trust.path.DistinguishedName;

/**
 * One guest that somebody asked for: what was asked, what is true of it now, and what is wanted of
 * it. A value: every change is a new record, kept by {@link WorkspaceRepository#save}.
 *
 * @param state what is true
 * @param goal what is wanted
 * @param stopLimit how long a guest that is to stop has to power itself off
 * @param reason one sentence for people: why the state is what it is, and what is waited for
 * @param refusal why it failed, or is failing
 * @param node the name of the node it is placed on
 * @param address the guest's own address, once the node told it
 * @param forwards as asked, and with ports and addresses once the node chose them
 * @param snapshots of its disks
 * @param migrations its way from node to node
 * @param timeline in order of time
 * @param version grows by one with each save; 0 when never saved
 */
public record Workspace(
    WorkspaceId id,
    Order order,
    State state,
    Goal goal,
    Duration stopLimit,
    String reason,
    Optional<Refusal> refusal,
    Optional<String> node,
    Optional<String> address,
    List<Forward> forwards,
    Snapshots snapshots,
    Migrations migrations,
    List<Moment> timeline,
    long version) {

  /** Reasons are cut here; what a node says must not fill a database. */
  public static final int REASON_LENGTH = 1000;

  private static final Duration USUAL_STOP_LIMIT = Duration.ofSeconds(60);

  public Workspace {
    if (reason.length() > REASON_LENGTH) {
      reason = reason.substring(0, REASON_LENGTH);
    }
    forwards = List.copyOf(forwards);
    timeline = List.copyOf(timeline);
    if (state.occupiesNode() && node.isEmpty()) {
      throw new IllegalArgumentException("workspace " + id + " is " + state + " without a node");
    }
  }

  /** A workspace that has just been accepted and not been saved. */
  public static Workspace requested(WorkspaceId id, Order order, Instant now) {
    return new Workspace(
        id,
        order,
        State.REQUESTED,
        Goal.RUN,
        USUAL_STOP_LIMIT,
        "accepted; a node is being chosen",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        order.forwards(),
        Snapshots.NONE,
        Migrations.NONE,
        List.of(new Moment(State.REQUESTED.name(), now, Optional.empty())),
        0);
  }

  public String name() {
    return order.name();
  }

  public Lease lease() {
    return order.lease();
  }

  public DistinguishedName owner() {
    return order.owner().dn();
  }

  /** Every node that has to do with it now: where it is, where it goes, where it was. */
  public Set<String> nodes() {
    Set<String> nodes = new TreeSet<>(migrations.leftOn());
    node.ifPresent(nodes::add);
    migrations.now().map(Migration::to).ifPresent(nodes::add);
    return nodes;
  }

  public boolean ended() {
    return state.terminal();
  }

  /** Whether its guest ever ran. */
  public boolean everRan() {
    return timeline.stream().anyMatch(m -> m.what().equals(State.RUNNING.name()));
  }

  /**
   * The same workspace in another state.
   *
   * @throws IllegalTransition when the table of states does not have that move
   */
  public Workspace moveTo(State next, String why, Instant now) {
    boolean runs = next == State.RUNNING;
    return moveTo(next, why, now, runs ? Moment.arrival(timeline, now) : Optional.empty());
  }

  /** As {@link #moveTo(State, String, Instant)}, with a note on the timeline. */
  public Workspace moveTo(State next, String why, Instant now, Optional<String> note) {
    if (!state.successors().contains(next)) {
      throw new IllegalTransition(id, state, next);
    }
    return new Workspace(
        id,
        order,
        next,
        goal,
        stopLimit,
        why,
        refusal,
        node,
        address,
        forwards,
        next == State.RUNNING ? snapshots.left() : snapshots,
        migrations,
        Moment.added(timeline, List.of(new Moment(next.name(), now, note))),
        version);
  }

  /** Placed on a node. */
  public Workspace placedOn(String nodeName, String why, Instant now) {
    Workspace there =
        new Workspace(
            id,
            order,
            state,
            goal,
            stopLimit,
            reason,
            refusal,
            Optional.of(nodeName),
            address,
            forwards,
            snapshots,
            migrations,
            timeline,
            version);
    return there.moveTo(State.PLACED, why, now, Optional.of(nodeName));
  }

  /** With another lease, and the moment on the timeline. */
  public Workspace extended(Lease lease, String note, Instant now) {
    return new Workspace(
        id,
        order.withLease(lease),
        state,
        goal,
        stopLimit,
        reason,
        refusal,
        node,
        address,
        forwards,
        snapshots,
        migrations,
        Moment.added(timeline, List.of(new Moment("EXTENDED", now, Optional.of(note)))),
        version);
  }

  /**
   * Wanted off, its disk kept.
   *
   * @param limit how long the guest has to power itself off, in whole seconds
   */
  public Workspace wantedStopped(Duration limit, String why) {
    return new Workspace(
        id,
        order,
        state,
        Goal.STOP,
        limit,
        why,
        refusal,
        node,
        address,
        forwards,
        snapshots.otherwise(),
        migrations.otherwise(),
        timeline,
        version);
  }

  /** Wanted off and running again; as {@link #wantedStopped}. */
  public Workspace wantedRebooted(Duration limit, String why) {
    return wantedStopped(limit, why).wanted(Goal.REBOOT, why);
  }

  /** Wanted otherwise, for a reason. */
  public Workspace wanted(Goal another, String why) {
    return with(another, why, refusal);
  }

  /** Wanted gone. Asked twice, the first reason stays. */
  public Workspace wantedGone(String why) {
    return goal == Goal.DESTROY ? this : with(Goal.DESTROY, why, refusal);
  }

  /** Wanted gone because it cannot be: it will end as {@link State#FAILED} with this refusal. */
  public Workspace refused(Refusal why) {
    return with(Goal.DESTROY, why.message(), Optional.of(refusal.orElse(why)));
  }

  /** The same with another reason. */
  public Workspace because(String why) {
    return with(goal, why, refusal);
  }

  /** With what its node told of it: moments once each, in order of time. */
  public Workspace told(Optional<String> newAddress, List<Forward> chosen, List<Moment> moments) {
    return new Workspace(
        id,
        order,
        state,
        goal,
        stopLimit,
        reason,
        refusal,
        node,
        newAddress.or(() -> address),
        chosen.isEmpty() ? forwards : chosen,
        snapshots,
        migrations,
        Moment.added(timeline, moments),
        version);
  }

  /** The same as it stands after a save. */
  public Workspace savedAs(long newVersion) {
    return new Workspace(
        id,
        order,
        state,
        goal,
        stopLimit,
        reason,
        refusal,
        node,
        address,
        forwards,
        snapshots,
        migrations,
        timeline,
        newVersion);
  }

  /** Wanted to have something done with one of its snapshots: take, roll back to, delete. */
  public Workspace wantedWith(Goal what, SnapshotWish wish, String why) {
    return with(what, why, refusal).having(snapshots.wishing(wish));
  }

  /**
   * Wanted to stay off or suspended, as it is, once what was to be done with a snapshot is over, or
   * its node would not start it.
   *
   * @param there STOPPED or SUSPENDED, as the node tells
   * @param kept as the node tells
   * @param flat as the node tells
   * @param setback why nothing came of it
   */
  public Workspace atRest(
      State there,
      List<Snapshot> kept,
      Optional<FlatDisk> flat,
      Optional<Refusal> setback,
      String why,
      Instant now) {
    Workspace over =
        with(there == State.SUSPENDED ? Goal.SUSPEND : Goal.STOP, why, refusal)
            .having(snapshots.over(kept, flat, setback));
    return there == state ? over : over.moveTo(there, why, now);
  }

  /** With what became of earlier wishes forgotten. */
  public Workspace withoutSetback() {
    Workspace without = snapshots.setback().isEmpty() ? this : having(snapshots.otherwise());
    return migrations.setback().isEmpty() ? without : without.having(migrations.forgiven());
  }

  /** With the snapshots, and the flat disk, that its node keeps. */
  public Workspace toldSnapshots(List<Snapshot> kept, Optional<FlatDisk> flat) {
    return having(snapshots.told(kept, flat));
  }

  /** Wanted on another node. */
  public Workspace wantedMoved(Migration wish, String why, Instant now) {
    String way = "from " + wish.from() + " to " + wish.to() + (wish.cold() ? ", cold" : "");
    return with(Goal.MIGRATE, why, refusal)
        .having(migrations.wished(wish))
        .told(address, forwards, List.of(new Moment("MIGRATING", now, Optional.of(way))));
  }

  /**
   * At the target of its migration, which has all of it; its source has only remains.
   *
   * @param newAddress of the guest there
   * @param chosen ports of that node; empty for those that were asked for
   */
  public Workspace moved(
      Optional<String> newAddress, List<Forward> chosen, String why, Instant now) {
    Migration wish = migrations.now().orElseThrow();
    String way = "from " + wish.from() + " to " + wish.to();
    return new Workspace(
        id,
        order,
        state,
        wish.then(),
        stopLimit,
        why,
        refusal,
        Optional.of(wish.to()),
        newAddress,
        chosen.isEmpty() ? order.forwards() : chosen,
        snapshots,
        migrations.arrived(),
        Moment.added(timeline, List.of(new Moment("MIGRATED", now, Optional.of(way)))),
        version);
  }

  /** To stay where it is: its migration is only undone from now on. */
  public Workspace migrationGivenUp(Refusal why) {
    Migration wish = migrations.now().orElseThrow().givenUp(why);
    return because("staying on " + wish.from() + ": " + why.message())
        .having(migrations.wished(wish));
  }

  /** Wanted as before its migration, of which nothing came. */
  public Workspace migrationUndone(String why, Instant now) {
    Migration wish = migrations.now().orElseThrow();
    Migrations undone = migrations.undone();
    Moment moment = new Moment("NOT_MIGRATED", now, undone.setback().map(Refusal::message));
    return with(wish.then(), why, refusal).having(undone).told(address, forwards, List.of(moment));
  }

  /** With nothing of it left on that node, where it once was or was to be. */
  public Workspace clearedOn(String nodeName) {
    return having(migrations.clearedOn(nodeName));
  }

  private Workspace having(Migrations other) {
    return new Workspace(
        id, order, state, goal, stopLimit, reason, refusal, node, address, forwards, snapshots,
        other, timeline, version);
  }

  private Workspace having(Snapshots other) {
    return new Workspace(
        id,
        order,
        state,
        goal,
        stopLimit,
        reason,
        refusal,
        node,
        address,
        forwards,
        other,
        migrations,
        timeline,
        version);
  }

  private Workspace with(Goal newGoal, String why, Optional<Refusal> newRefusal) {
    return new Workspace(
        id,
        order,
        state,
        newGoal,
        stopLimit,
        why,
        newRefusal,
        node,
        address,
        forwards,
        newGoal == goal ? snapshots : snapshots.otherwise(),
        newGoal == goal ? migrations : migrations.otherwise(),
        timeline,
        version);
  }
}
