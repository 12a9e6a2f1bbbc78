package org.hospes.service.lifecycle;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.hospes.service.node.Drains;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what is on drained nodes away, where that was wished, a few at a time. What is wished
 * stands with the drain and what is done with the workspaces, so after a kill it simply goes on.
 * One that cannot be moved, or was not, is tried again later. Safe for many threads.
 */
public final class Evacuation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Evacuation.class);
  private static final int AT_ONCE = 2;

  private final Wishes wishes;
  private final WorkspaceRepository workspaces;
  private final Drains drains;
  private final Duration tryAgain;
  private final Clock clock;
  private final Map<WorkspaceId, Instant> tried = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer;

  /** Who stays on a node, and why. */
  public record Stay(Workspace workspace, Refusal why) {}

  /**
   * How far it is with a node.
   *
   * @param there how many workspaces are on it, those that are being destroyed among them
   * @param moving how many of them are on their way to another
   * @param stays those that cannot be moved as things are; the rest waits for its turn
   */
  public record Standing(int there, int moving, List<Stay> stays) {}

  /**
   * Wires it; nothing moves before {@link #start}.
   *
   * @param tryAgain how long after it was tried a workspace is tried again
   */
  public Evacuation(
      Wishes wishes,
      WorkspaceRepository workspaces,
      Drains drains,
      Duration tryAgain,
      Clock clock) {
    this.wishes = wishes;
    this.workspaces = workspaces;
    this.drains = drains;
    this.tryAgain = tryAgain;
    this.clock = clock;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "evacuation");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Looks that often from now on. */
  public void start(Duration every) {
    var unused =
        timer.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Looks at once, in its own thread. */
  public void wake() {
    try {
      timer.execute(this::look);
    } catch (RejectedExecutionException e) {
      LOG.debug("stopping: drained nodes are looked at after the next start");
    }
  }

  /** How far it is with that node. */
  public Standing standing(String node) {
    List<Workspace> there = on(node);
    return new Standing(
        there.size(),
        (int) there.stream().filter(w -> moves(w, node)).count(),
        there.stream()
            .filter(w -> rests(w, node))
            .flatMap(w -> why(w).map(refusal -> new Stay(w, refusal)).stream())
            .toList());
  }

  @Override
  public void close() {
    // Without interrupting: an interrupted read closes H2's file under everybody's feet.
    timer.shutdown();
  }

  private void look() {
    try {
      drains.all().values().stream().filter(Drains.Drain::migrate).forEach(this::empty);
    } catch (RuntimeException e) {
      LOG.error("drained nodes could not be looked at; they are again in a moment", e);
    }
  }

  private void empty(Drains.Drain drain) {
    List<Workspace> there = on(drain.node());
    // Those that are being destroyed are not in the way: their nodes may take for ever.
    long moving = there.stream().filter(w -> moves(w, drain.node())).count();
    for (Workspace workspace : there) {
      if (moving >= AT_ONCE) {
        return;
      }
      if (rests(workspace, drain.node()) && due(workspace) && left(workspace, drain)) {
        moving++;
      }
    }
  }

  private boolean left(Workspace workspace, Drains.Drain drain) {
    tried.put(workspace.id(), clock.instant());
    try {
      Optional<Workspace> wished =
          wishes.migrate(workspace.id(), Optional.empty(), false, drain.by().slash());
      return wished.isPresent();
    } catch (RefusedException e) {
      LOG.info("workspace={} stays on {}: {}", workspace.id(), drain.node(), e.getMessage());
      return false;
    }
  }

  private boolean due(Workspace workspace) {
    Instant last = tried.get(workspace.id());
    return last == null || !clock.instant().isBefore(last.plus(tryAgain));
  }

  private Optional<Refusal> why(Workspace workspace) {
    return workspace.migrations().setback().or(() -> wishes.stays(workspace));
  }

  private List<Workspace> on(String node) {
    return workspaces.unfinished().stream()
        .filter(w -> w.node().filter(node::equals).isPresent())
        .toList();
  }

  /** Whether it is on its way from that node to another. */
  private static boolean moves(Workspace workspace, String node) {
    return workspace.migrations().now().map(Migration::from).filter(node::equals).isPresent();
  }

  /** Whether it is to be moved from that node and is not yet. */
  private static boolean rests(Workspace workspace, String node) {
    return workspace.goal() != Goal.DESTROY && !moves(workspace, node);
  }
}
