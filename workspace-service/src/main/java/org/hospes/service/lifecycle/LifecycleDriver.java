package org.hospes.service.lifecycle;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.node.NodeGateway;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.StaleWorkspaceException;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves each workspace towards its goal, one step per state. Its invariants:
 *
 * <ul>
 *   <li>what is saved is all there is: a driver that starts after a kill goes on from it;
 *   <li>at most one thread has a workspace, and every save checks the version it read;
 *   <li>a node is chosen once, and another one only by a migration: at every save there is one node
 *       alone that may go on with the guest;
 *   <li>a workspace ends only when its node said that nothing of it is left, when no node was
 *       chosen, or when its lease and the grace after it are over and its node is silent;
 *   <li>a node's final refusal ends it as FAILED, its remains removed first;
 *   <li>a node's own trouble is waited out by one that ran, since its end would be its disk's.
 * </ul>
 *
 * <p>Safe for use by many threads.
 */
public final class LifecycleDriver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LifecycleDriver.class);
  private static final AtomicInteger THREADS = new AtomicInteger();

  /** What a node refuses of a guest that it left to another one. */
  private static final String HANDED_OVER = "guest.handed-over";

  private final WorkspaceRepository workspaces;
  private final NodeRegistry registry;
  private final Moves moves;
  private final Steps steps;
  private final LifecycleTimes times;
  private final Clock clock;
  private final Map<WorkspaceId, Turn> turns = new ConcurrentHashMap<>();
  private final ScheduledThreadPoolExecutor workers;

  /** Wires it; nothing moves before {@link #start}. */
  public LifecycleDriver(
      WorkspaceRepository workspaces,
      NodeRegistry registry,
      NodeGateway gateway,
      NewestPapers newest,
      Placement placement,
      AuditLog audit,
      LifecycleTimes times,
      Clock clock) {
    this.workspaces = workspaces;
    this.registry = registry;
    this.times = times;
    this.clock = clock;
    this.moves = new Moves(workspaces, audit, clock);
    this.steps = new Steps(workspaces, registry, gateway, newest, placement, moves, times);
    this.workers =
        new ScheduledThreadPoolExecutor(
            times.workers(), task -> new Thread(task, "lifecycle-" + THREADS.incrementAndGet()));
    workers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    workers.setRemoveOnCancelPolicy(true);
  }

  /** Takes up everything that has not ended. */
  public void start() {
    var unfinished = workspaces.unfinished();
    LOG.info("taking up {} unfinished workspaces", unfinished.size());
    unfinished.forEach(w -> wake(w.id()));
  }

  /** Looks at a workspace at once; while a thread has it, right afterwards. */
  public void wake(WorkspaceId id) {
    schedule(id, turns.computeIfAbsent(id, i -> new Turn()), Duration.ZERO);
  }

  /** A node registered or reported: everything on it, or waiting for room, is looked at. */
  public void nodeHeard(String node) {
    turns.forEach(
        (id, turn) -> {
          if (turn.concernedBy(node)) {
            schedule(id, turn, Duration.ZERO);
          }
        });
  }

  /**
   * Wants a workspace gone. Idempotent. The wish is saved when this returns; fulfilling it takes
   * time.
   *
   * @param who slash form of the DN that asks
   * @return the workspace as saved; empty when there is none
   */
  public Optional<Workspace> destroy(WorkspaceId id, String who) {
    return wish(
        id,
        SavedMove.DESTROY_ASKED,
        who,
        w -> w.ended() ? w : w.wantedGone("destroyed on request of " + who));
  }

  /**
   * Saves what somebody wants of a workspace, and sees to it. The wish is saved when this returns;
   * fulfilling it takes time.
   *
   * @param change what the wish makes of the workspace as it stands: the very same one when it is
   *     wished already. May refuse by an exception; may be asked again when somebody else saved.
   * @return the workspace as saved; empty when there is none
   */
  public Optional<Workspace> wish(
      WorkspaceId id, SavedMove move, String who, UnaryOperator<Workspace> change) {
    return wish(id, move, who, Optional.empty(), change);
  }

  /**
   * The same by a message that is kept with what it changes, in one step: a start that comes of it
   * finds it, and nothing ever names one that was refused or changed nothing.
   */
  Optional<Workspace> wish(
      WorkspaceId id,
      SavedMove move,
      String who,
      Optional<AskedMessage> asked,
      UnaryOperator<Workspace> change) {
    while (true) {
      Optional<Workspace> found = workspaces.find(id);
      if (found.isEmpty()) {
        return found;
      }
      Workspace wished = change.apply(found.get());
      if (wished.equals(found.get())) {
        return found;
      }
      try {
        Workspace saved = moves.save(found.get(), wished, move, who, asked);
        wake(id);
        return Optional.of(saved);
      } catch (StaleWorkspaceException e) {
        LOG.debug("{}; reading it again", e.getMessage());
      }
    }
  }

  /** Stops after the steps at work; what was not done is taken up at the next start. */
  @Override
  public void close() {
    workers.shutdown();
    try {
      if (!workers.awaitTermination(20, TimeUnit.SECONDS)) {
        workers.shutdownNow();
      }
    } catch (InterruptedException e) {
      workers.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private void schedule(WorkspaceId id, Turn turn, Duration delay) {
    long ticket = turn.reschedule();
    if (ticket < 0) {
      return;
    }
    try {
      var unused =
          workers.schedule(() -> take(id, turn, ticket), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("stopping: {} is taken up at the next start", id);
    }
  }

  private void take(WorkspaceId id, Turn turn, long ticket) {
    if (!turn.begin(ticket)) {
      return;
    }
    Next next = Next.retry();
    long began = System.nanoTime();
    try {
      next = look(id, turn);
    } catch (RuntimeException e) {
      LOG.error("workspace={}: a step failed; it is taken again", id, e);
    } finally {
      Optional<Duration> pause =
          turn.finish(next, Duration.ofNanos(System.nanoTime() - began), times);
      if (pause.isPresent()) {
        schedule(id, turn, pause.get());
      } else {
        turns.remove(id);
        registry.forgetGuest(id);
        // An end leaves room for those that wait.
        turns.forEach(
            (other, waiting) -> {
              if (waiting.concernedBy("")) {
                schedule(other, waiting, Duration.ZERO);
              }
            });
      }
    }
  }

  private Next look(WorkspaceId id, Turn turn) {
    Optional<Workspace> found = workspaces.find(id);
    if (found.isEmpty() || found.get().ended()) {
      return Next.never();
    }
    Workspace workspace = found.get();
    turn.looked(workspace);
    try {
      return advance(workspace, turn.refusals());
    } catch (StaleWorkspaceException e) {
      LOG.debug("{}; reading it again", e.getMessage());
      return Next.now();
    }
  }

  private Next advance(Workspace workspace, int attempt) {
    if (workspace.goal() != Goal.DESTROY && workspace.lease().endedAt(clock.instant())) {
      moves.save(
          workspace,
          workspace.wantedGone("the lease ended at " + workspace.lease().ends()),
          SavedMove.LEASE_ENDED);
      return Next.now();
    }
    boolean elsewhere = workspace.state().occupiesNode() && workspace.state() != State.UNKNOWN;
    if (elsewhere && registry.silent(workspace.node().orElseThrow())) {
      String why = workspace.node().get() + " is silent; whether the guest runs is not known";
      moves.save(
          workspace, workspace.moveTo(State.UNKNOWN, why, clock.instant()), SavedMove.LOST_SIGHT);
      return Next.after(times.lookAgain());
    }
    try {
      Next next = bounded(workspace, steps.of(workspace).advance(workspace, attempt));
      // What is urgent for the guest comes first.
      boolean calm = next instanceof Next.After && workspace.goal() != Goal.DESTROY;
      return calm && !workspace.migrations().leftOn().isEmpty()
          ? steps.remains().cleared(workspace, next)
          : next;
    } catch (NodeUnreachableException e) {
      moves.note(workspace, e.getMessage() + "; asking again");
      return Next.retry();
    } catch (NodeRefusedException e) {
      return afterRefusal(workspace, attempt, e.refusal());
    }
  }

  private Next afterRefusal(Workspace workspace, int attempt, Refusal refusal) {
    if (workspace.goal() == Goal.DESTROY
        && workspace.lease().endedAt(clock.instant().minus(times.leaseGrace()))) {
      moves.end(
          workspace,
          "the lease is over; the node, which refuses to remove the guest, ends it by itself: "
              + refusal.message());
      return Next.never();
    }
    boolean wanted = workspace.goal() != Goal.DESTROY && workspace.state() != State.UNKNOWN;
    if (wanted && refusal.code().equals(HANDED_OVER)) {
      // What the guest wrote may be whole on either node; to give up would be to throw both away.
      moves.note(workspace, leftByUnknownWish(workspace, refusal));
      return Next.retryAfterRefusal();
    }
    // A node may still be clearing away what the service already counts as gone.
    boolean mayPass =
        refusal.category().transientByNature()
            || refusal.category() == Refusal.Category.NO_CAPACITY;
    boolean passing = mayPass && (workspace.everRan() || attempt + 1 < times.attempts());
    if (!wanted || passing) {
      moves.note(workspace, refusal.message() + "; asking again");
      return Next.retryAfterRefusal();
    }
    moves.save(workspace, workspace.refused(refusal), SavedMove.REFUSED);
    return Next.now();
  }

  private static String leftByUnknownWish(Workspace workspace, Refusal refusal) {
    return workspace.node().orElseThrow()
        + " left the guest to "
        + refusal.facts().getOrDefault("to", "another node")
        + " for a migration that this service knows nothing of, and does not start it; asking"
        + " again. For the site's operators: put back the newer database, or save what the two"
        + " nodes have of it before it is destroyed";
  }

  /** Nothing waits past the end of the lease. */
  private Next bounded(Workspace workspace, Next next) {
    if (workspace.goal() != Goal.DESTROY && next instanceof Next.After after) {
      Duration left = Duration.between(clock.instant(), workspace.lease().ends());
      return left.compareTo(after.delay()) < 0
          ? Next.after(left.isNegative() ? Duration.ZERO : left)
          : next;
    }
    return next;
  }
}
