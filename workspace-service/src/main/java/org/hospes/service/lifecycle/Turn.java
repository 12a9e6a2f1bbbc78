package org.hospes.service.lifecycle;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/**
 * One workspace's place in the driver's queue: at most one thread has it at a time, and a wake-up
 * during that time is not lost. Guarded by itself.
 */
final class Turn {
  private long ticket;
  private boolean running;
  private boolean wokenMeanwhile;
  private int polls;
  private int failures;
  private int refusals;
  private State state = State.REQUESTED;
  private Goal goal = Goal.RUN;
  private Set<String> nodes = Set.of();

  /** A new schedule replaces the one before; returns its ticket, or -1 when a thread has it. */
  synchronized long reschedule() {
    if (running) {
      wokenMeanwhile = true;
      return -1;
    }
    return ++ticket;
  }

  /** Whether the thread with that ticket may have it. */
  synchronized boolean begin(long withTicket) {
    if (running || withTicket != ticket) {
      return false;
    }
    running = true;
    wokenMeanwhile = false;
    return true;
  }

  /**
   * Takes down what the workspace was when the step began; a new state is a new patience, and so is
   * a new goal.
   */
  synchronized void looked(Workspace workspace) {
    boolean otherwise = workspace.goal() != goal;
    if (otherwise || workspace.state() != state) {
      polls = 0;
      failures = 0;
      refusals = otherwise || workspace.state() == State.RUNNING ? 0 : refusals;
    }
    state = workspace.state();
    goal = workspace.goal();
    nodes = workspace.nodes();
  }

  /**
   * How often a node refused, since it last ran or was wanted otherwise, for reasons that may pass.
   */
  synchronized int refusals() {
    return refusals;
  }

  /**
   * The thread, having taken that long, gives it back. Returns the pause until the next look, or
   * empty for never.
   */
  synchronized Optional<Duration> finish(Next next, Duration took, LifecycleTimes times) {
    running = false;
    Optional<Duration> pause;
    if (next instanceof Next.Never) {
      return Optional.empty();
    } else if (next instanceof Next.Poll) {
      pause = Optional.of(times.poll(polls++, took));
      failures = 0;
    } else if (next instanceof Next.Retry retry) {
      refusals += retry.refused() ? 1 : 0;
      pause = Optional.of(times.retry(Math.max(failures++, refusals - 1)));
    } else if (next instanceof Next.After after) {
      pause = Optional.of(after.delay());
      failures = 0;
    } else {
      pause = Optional.of(Duration.ZERO);
    }
    return wokenMeanwhile ? Optional.of(Duration.ZERO) : pause;
  }

  /** Whether news of that node, or of room on any, concerns it. */
  synchronized boolean concernedBy(String nodeName) {
    return state == State.REQUESTED || nodes.contains(nodeName);
  }
}
