package org.hospes.service.lifecycle;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.Snapshot;
import org.hospes.service.workspace.SnapshotWish;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Verb;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;

/**
 * What people want of workspaces that are there. One wish at a time: it is refused at once or saved
 * before it is answered; wished again, it is answered and nothing changes. To destroy is never
 * refused and ends every other wish.
 */
public final class Wishes {
  private static final Duration LONGEST_STOP = Duration.ofHours(1);

  private final LifecycleDriver driver;
  private final WorkspaceRepository workspaces;
  private final NodeRegistry nodes;
  private final Placement placement;
  private final Clock clock;
  private final Optional<AskedMessage> message;

  public Wishes(
      LifecycleDriver driver,
      WorkspaceRepository workspaces,
      NodeRegistry nodes,
      Placement placement,
      Clock clock) {
    this(driver, workspaces, nodes, placement, clock, Optional.empty());
  }

  private Wishes(
      LifecycleDriver driver,
      WorkspaceRepository workspaces,
      NodeRegistry nodes,
      Placement placement,
      Clock clock,
      Optional<AskedMessage> message) {
    this.driver = driver;
    this.workspaces = workspaces;
    this.nodes = nodes;
    this.placement = placement;
    this.clock = clock;
    this.message = message;
  }

  /**
   * The same, for what that message asks: it is kept with the wish, in one step, and not at all
   * when the wish is refused or changes nothing.
   */
  public Wishes askedBy(AskedMessage asked) {
    return new Wishes(driver, workspaces, nodes, placement, clock, Optional.of(asked));
  }

  /**
   * Wants a guest off and its disk kept.
   *
   * @param limit how long it has to power itself off
   * @param who slash form of the DN that asks
   * @return the workspace as saved; empty when there is none
   * @throws org.hospes.service.workspace.RefusedException with the reason
   */
  public Optional<Workspace> stop(WorkspaceId id, Duration limit, String who) {
    requireReasonable(limit);
    String why = "stopping on request of " + who;
    return wish(Verb.STOP, SavedMove.STOP_ASKED, id, who, w -> w.wantedStopped(limit, why));
  }

  /** Wants a guest off and running again with its own disk. As {@link #stop}. */
  public Optional<Workspace> reboot(WorkspaceId id, Duration limit, String who) {
    requireReasonable(limit);
    String why = "rebooting on request of " + who;
    return wish(Verb.REBOOT, SavedMove.REBOOT_ASKED, id, who, w -> w.wantedRebooted(limit, why));
  }

  private static void requireReasonable(Duration limit) {
    if (limit.isNegative() || limit.compareTo(LONGEST_STOP) > 0) {
      throw Refusal.of(
              Refusal.Category.INVALID,
              "request.invalid",
              "graceSeconds: expected 0 to " + LONGEST_STOP.toSeconds())
          .fact("graceSeconds", "0 to " + LONGEST_STOP.toSeconds() + " expected, found " + limit)
          .toException();
    }
  }

  /** Wants a guest that was stopped to run again. As {@link #stop}. */
  public Optional<Workspace> start(WorkspaceId id, String who) {
    String why = "starting on request of " + who;
    return wish(Verb.START, SavedMove.START_ASKED, id, who, w -> w.wanted(Goal.RUN, why));
  }

  /** Wants a guest's processors to stand still. As {@link #stop}. */
  public Optional<Workspace> pause(WorkspaceId id, String who) {
    String why = "pausing on request of " + who;
    return wish(Verb.PAUSE, SavedMove.PAUSE_ASKED, id, who, w -> w.wanted(Goal.PAUSE, why));
  }

  /** Wants a guest's memory on disk. As {@link #stop}. */
  public Optional<Workspace> suspend(WorkspaceId id, String who) {
    String why = "suspending on request of " + who;
    return wish(Verb.SUSPEND, SavedMove.SUSPEND_ASKED, id, who, w -> w.wanted(Goal.SUSPEND, why));
  }

  /** Wants one that was paused or suspended to go on. As {@link #stop}. */
  public Optional<Workspace> resume(WorkspaceId id, String who) {
    String why = "resuming on request of " + who;
    return wish(Verb.RESUME, SavedMove.RESUME_ASKED, id, who, w -> w.wanted(Goal.RUN, why));
  }

  private Optional<Workspace> wish(
      Verb verb, SavedMove move, WorkspaceId id, String who, UnaryOperator<Workspace> wanted) {
    return driver.wish(id, move, who, message, w -> allowed(verb, w) ? wanted.apply(w) : w);
  }

  /**
   * Wants a copy kept of a stopped guest's disks, or of a suspended one's disks and memory. One of
   * this name that is there of the very same disks is answered, and nothing changes. As {@link
   * #stop}.
   */
  public Optional<Workspace> snapshot(WorkspaceId id, String name, String who) {
    String why = "taking snapshot " + name + " on request of " + who;
    return wishOfSnapshot(
        Verb.SNAPSHOT,
        SavedMove.SNAPSHOT_ASKED,
        id,
        name,
        who,
        w -> {
          Optional<Snapshot> there = w.snapshots().find(name);
          if (there.filter(s -> !s.current()).isPresent()) {
            throw SnapshotRefusals.taken(w, there.get());
          }
          return there.isPresent()
              ? w.withoutSetback()
              : w.wantedWith(Goal.SNAPSHOT, SnapshotWish.of(name), why);
        });
  }

  /**
   * Wants a guest that is stopped or suspended to be what a snapshot holds, stopped or suspended.
   * As {@link #stop}.
   */
  public Optional<Workspace> rollback(WorkspaceId id, String name, String who) {
    String why = "rolling back to snapshot " + name + " on request of " + who;
    return wishOfSnapshot(
        Verb.ROLLBACK,
        SavedMove.ROLLBACK_ASKED,
        id,
        name,
        who,
        w -> {
          SnapshotRefusals.requireThere(w, name);
          return w.wantedWith(Goal.ROLLBACK, SnapshotWish.of(name), why);
        });
  }

  /** Wants a snapshot gone. As {@link #stop}. */
  public Optional<Workspace> deleteSnapshot(WorkspaceId id, String name, String who) {
    String why = "deleting snapshot " + name + " on request of " + who;
    return wishOfSnapshot(
        Verb.DELETE_SNAPSHOT,
        SavedMove.SNAPSHOT_DELETION_ASKED,
        id,
        name,
        who,
        w -> {
          SnapshotRefusals.requireThere(w, name);
          return w.wantedWith(Goal.DELETE_SNAPSHOT, SnapshotWish.of(name), why);
        });
  }

  /**
   * Wants the disk of a stopped guest as one file that can be fetched. One that is there is
   * answered, and nothing changes: it goes as soon as the disk may be another. As {@link #stop}.
   */
  public Optional<Workspace> save(WorkspaceId id, String who) {
    String why = "making one file of its disk on request of " + who;
    return wish(
        Verb.SAVE,
        SavedMove.SAVE_ASKED,
        id,
        who,
        w ->
            w.snapshots().flat().isPresent()
                ? w.withoutSetback()
                : w.wantedWith(Goal.FLATTEN, SnapshotWish.of("saved"), why));
  }

  private Optional<Workspace> wishOfSnapshot(
      Verb verb,
      SavedMove move,
      WorkspaceId id,
      String name,
      String who,
      UnaryOperator<Workspace> wanted) {
    SnapshotRefusals.requireName(name);
    return driver.wish(
        id,
        move,
        who,
        message,
        w -> {
          if (verb.wished(w) && w.snapshots().wished(name)) {
            return w;
          }
          requirePossible(verb, w);
          return wanted.apply(w);
        });
  }

  /**
   * Wants a workspace on another node, where it shall be what it is here. One that is there
   * already, or on its way there, is answered, and nothing changes. As {@link #stop}.
   *
   * @param to the name of that node; empty: the site chooses
   * @param cold whether one that runs may be stopped and started; if not, its memory goes along
   */
  public Optional<Workspace> migrate(
      WorkspaceId id, Optional<String> to, boolean cold, String who) {
    String why = " on request of " + who;
    return placement.alone(
        () ->
            driver.wish(
                id, SavedMove.MIGRATION_ASKED, who, message, w -> toMigrate(w, to, cold, why)));
  }

  /** Why a workspace cannot leave its node now, to whichever other one; empty when it can. */
  Optional<Refusal> stays(Workspace workspace) {
    try {
      Workspace unused = toMigrate(workspace, Optional.empty(), false, "");
      return Optional.empty();
    } catch (RefusedException e) {
      return Optional.of(e.refusal());
    }
  }

  private Workspace toMigrate(Workspace workspace, Optional<String> to, boolean cold, String why) {
    boolean onItsWay =
        workspace
            .migrations()
            .now()
            .filter(m -> to.isEmpty() || to.get().equals(m.to()))
            .isPresent();
    boolean there = !workspace.ended() && to.isPresent() && workspace.node().equals(to);
    if (Verb.MIGRATE.wished(workspace) && onItsWay) {
      return workspace;
    }
    if (there && !Verb.MIGRATE.wished(workspace)) {
      return workspace.withoutSetback();
    }
    requirePossible(Verb.MIGRATE, workspace);
    boolean runs = workspace.state() == State.RUNNING;
    if (runs && !cold) {
      requireAble("suspend", workspace, "it can be moved with --cold: stopped, and started there");
    }
    Node target = placement.target(workspace, to, cold, workspaces.unfinished());
    Migration wish =
        Migration.of(
            workspace.node().orElseThrow(),
            target.name(),
            workspace.goal(),
            runs && cold,
            clock.instant());
    return workspace.wantedMoved(
        wish, "moving from " + wish.from() + " to " + wish.to() + why, clock.instant());
  }

  /** False when it is wished already. */
  private boolean allowed(Verb verb, Workspace workspace) {
    if (verb.wished(workspace)) {
      return false;
    }
    requirePossible(verb, workspace);
    return true;
  }

  private void requirePossible(Verb verb, Workspace workspace) {
    verb.requireAllowed(workspace, clock.instant());
    verb.capability(workspace)
        .ifPresent(
            capability ->
                requireAble(
                    capability, workspace, "see what nodes can do: workspace node list -o json"));
  }

  private void requireAble(String capability, Workspace workspace, String advice) {
    String name = workspace.node().orElseThrow();
    Optional<Node> node = nodes.find(name);
    if (node.isEmpty()) {
      throw Refusal.of(
              Refusal.Category.SITE,
              "node.silent",
              "node " + name + " has not been heard since the service started")
          .advice("ask again in a moment")
          .fact("node", name)
          .toException();
    }
    if (!node.get().facts().capabilities().contains(capability)) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "node.incapable",
              "node " + name + " cannot do that with a guest: its hypervisor lacks " + capability)
          .advice(advice)
          .fact("node", name)
          .fact("expected", capability)
          .fact("found", node.get().facts().capabilities())
          .toException();
    }
  }
}
