package org.hospes.service.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.service.node.Guest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.HandOver;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;

/**
 * Wanted on another node. While a guest still runs, the target {@link Rehearsal rehearses} and
 * {@link CopyAhead copies} what it can; then it is brought to rest; then its node hands it over and
 * the other one receives it; then one save moves the workspace. Until that save the guest can go on
 * nowhere but where it was, after it nowhere but where it is. Whatever fails before it is undone,
 * and never costs the workspace.
 */
final class MigrateStep implements Step {
  private static final Set<GuestPhase> LIVES =
      EnumSet.of(
          GuestPhase.STARTING,
          GuestPhase.RUNNING,
          GuestPhase.PAUSED,
          GuestPhase.STOPPING,
          GuestPhase.SUSPENDING,
          GuestPhase.COPYING,
          GuestPhase.ENDED);

  private static final Duration REST_WITHIN = Duration.ofMinutes(20);

  private final NodeRegistry registry;
  private final NodeCalls node;
  private final Losses losses;
  private final Moves moves;
  private final LifecycleTimes times;
  private final Rehearsal rehearsal;
  private final CopyAhead copyAhead;
  private final Step suspend;
  private final Step stop;
  private final Map<String, Instant> deafSince = new ConcurrentHashMap<>();

  /**
   * @param suspend brings one that runs to SUSPENDED
   * @param stop brings one that runs to STOPPED
   */
  MigrateStep(
      NodeRegistry registry,
      NodeCalls node,
      Losses losses,
      Moves moves,
      LifecycleTimes times,
      Step suspend,
      Step stop) {
    this.registry = registry;
    this.node = node;
    this.losses = losses;
    this.moves = moves;
    this.times = times;
    this.rehearsal = new Rehearsal(node);
    this.copyAhead = new CopyAhead(node, moves);
    this.suspend = suspend;
    this.stop = stop;
  }

  @Override
  public Next advance(Workspace workspace, int attempt) throws NodeUnreachableException {
    Migration wish = workspace.migrations().now().orElseThrow();
    if (wish.givenUp().isPresent()) {
      return undone(workspace, wish);
    }
    if (registry.silent(wish.to())) {
      return givenUp(workspace, silent(wish.to()));
    }
    try {
      return workspace.state() == State.RUNNING
          ? brought(workspace, wish, attempt)
          : transferred(workspace, wish);
    } catch (NodeRefusedException e) {
      if (e.refusal().category().transientByNature() && attempt + 1 < times.attempts()) {
        moves.note(workspace, e.refusal().message() + "; asking again");
        return Next.retryAfterRefusal();
      }
      return givenUp(workspace, e.refusal());
    }
  }

  private Next brought(Workspace workspace, Migration wish, int attempt)
      throws NodeUnreachableException, NodeRefusedException {
    Optional<Boolean> rehearsed = atTarget(workspace, wish, () -> rehearsal.over(workspace));
    Duration taken = Duration.between(wish.since(), moves.now());
    if (taken.compareTo(REST_WITHIN.plus(workspace.stopLimit())) > 0) {
      // It runs on while the target fetches its image, or its own node tries again and again, for
      // want of room for its memory.
      boolean ready = rehearsed.orElse(false);
      return givenUp(workspace, ready ? restless(wish, taken) : unready(wish, taken));
    }
    if (rehearsed.isEmpty()) {
      return Next.retry();
    }
    if (!rehearsed.get() || !copyAhead.over(workspace)) {
      return Next.poll();
    }
    Step toRest = wish.rest() == State.STOPPED ? stop : suspend;
    return toRest.advance(workspace, attempt);
  }

  private Next transferred(Workspace workspace, Migration wish)
      throws NodeUnreachableException, NodeRefusedException {
    Optional<Guest> there = atTarget(workspace, wish, () -> node.arriving(workspace));
    if (there.isEmpty()) {
      return Next.retry();
    }
    if (there.get().phase() != GuestPhase.ABSENT) {
      return judged(workspace, wish, there.get());
    }
    Guest here = node.handOver(workspace);
    Optional<HandOver> left = here.handOver().filter(h -> h.wish().equals(wish.wish()));
    if (left.isEmpty()) {
      return switch (here.phase()) {
        case FAILED -> losses.failed(workspace, here);
        case ABSENT, PREPARING, PREPARED -> losses.lost(workspace, here);
        default -> Next.poll();
      };
    }
    Optional<Guest> received = atTarget(workspace, wish, () -> node.receive(workspace, left.get()));
    return received.isEmpty() ? Next.retry() : judged(workspace, wish, received.get());
  }

  private Next judged(Workspace workspace, Migration wish, Guest there) {
    // One that lives there was moved by a later save, which a database that came back older lacks.
    boolean arrived = LIVES.contains(there.phase());
    boolean rests = there.phase() == GuestPhase.STOPPED || there.phase() == GuestPhase.SUSPENDED;
    if (arrived || (rests && there.received().filter(wish.wish()::equals).isPresent())) {
      return moved(workspace, wish, there);
    }
    return switch (there.phase()) {
      case FAILED -> givenUp(workspace, StageStep.refused(there, wish.to()).refusal());
      case STOPPED, SUSPENDED, PREPARING, PREPARED -> givenUp(workspace, occupied(wish, there));
      default -> Next.poll();
    };
  }

  private void forget(Migration wish) {
    deafSince.remove(wish.wish());
    rehearsal.forget(wish);
  }

  private Next moved(Workspace workspace, Migration wish, Guest there) {
    forget(wish);
    moves.save(
        workspace,
        workspace
            .told(Optional.empty(), there.forwards(), there.moments())
            .toldSnapshots(there.snapshots().kept(), there.snapshots().flat())
            .moved(
                there.address(),
                there.forwards(),
                wish.to() + " has it from " + wish.from(),
                moves.now()),
        SavedMove.MIGRATED);
    return Next.now();
  }

  private Next givenUp(Workspace workspace, Refusal why) {
    workspace.migrations().now().ifPresent(this::forget);
    moves.save(workspace, workspace.migrationGivenUp(why), SavedMove.MIGRATION_GIVEN_UP);
    return Next.now();
  }

  /** The target never goes on with it by itself; what it has is removed in its own time. */
  private Next undone(Workspace workspace, Migration wish) throws NodeUnreachableException {
    Guest here;
    try {
      here = node.takeBack(workspace);
    } catch (NodeRefusedException e) {
      moves.note(workspace, e.refusal().message() + "; asking again");
      return Next.retryAfterRefusal();
    }
    if (here.handOver().filter(h -> h.wish().equals(wish.wish())).isPresent()) {
      return Next.poll();
    }
    String why = wish.givenUp().orElseThrow().message();
    moves.save(
        workspace,
        workspace.migrationUndone("not migrated to " + wish.to() + ": " + why, moves.now()),
        SavedMove.MIGRATION_UNDONE);
    return Next.now();
  }

  private interface Call<T> {
    T answer() throws NodeUnreachableException, NodeRefusedException;
  }

  /** Asks the target; one that reports and does not answer is given up as a silent one is. */
  private <T> Optional<T> atTarget(Workspace workspace, Migration wish, Call<T> call)
      throws NodeRefusedException {
    try {
      T answer = call.answer();
      deafSince.remove(wish.wish());
      return Optional.of(answer);
    } catch (NodeUnreachableException e) {
      Instant since = deafSince.computeIfAbsent(wish.wish(), w -> moves.now());
      if (Duration.between(since, moves.now()).compareTo(registry.silentAfter()) > 0) {
        throw new NodeRefusedException(silent(wish.to()));
      }
      moves.note(workspace, e.getMessage() + "; asking again");
      return Optional.empty();
    }
  }

  private static Refusal silent(String target) {
    return Refusal.of(
            Refusal.Category.TIMED_OUT, "node.silent", "node " + target + " does not answer")
        .advice("choose another node, or ask again once it is there")
        .fact("node", target);
  }

  private static Refusal restless(Migration wish, Duration taken) {
    return Refusal.of(
            Refusal.Category.TIMED_OUT,
            "migration.restless",
            "node "
                + wish.from()
                + " did not bring it to rest in "
                + taken.toMinutes()
                + " minutes, and it runs on there")
        .advice("ask the site's operators whether the node's disk is full")
        .fact("node", wish.from());
  }

  private static Refusal unready(Migration wish, Duration taken) {
    return Refusal.of(
            Refusal.Category.TIMED_OUT,
            "migration.unready",
            "node "
                + wish.to()
                + " did not get ready for it in "
                + taken.toMinutes()
                + " minutes, and it runs on on "
                + wish.from())
        .advice("its image may be large for the network; ask again, or choose another node")
        .fact("node", wish.to());
  }

  private static Refusal occupied(Migration wish, Guest there) {
    return Refusal.of(
            Refusal.Category.CONFLICT,
            "guest.here",
            "node "
                + wish.to()
                + " has something of it already, which this migration did not bring")
        .advice("ask again once the node has cleared it away")
        .fact("node", wish.to())
        .fact("phase", there.phase());
  }
}
