package org.hospes.service.workspace;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * That a workspace is to go from one node to another. The target's capacity is reserved for as long
 * as this stands.
 *
 * @param wish names this migration to both nodes, which fulfil it once however often it is told
 * @param from the node that has the guest, and has it back when nothing comes of this
 * @param to the node that shall have it
 * @param then what is wanted once it is there, or back: what was wanted before
 * @param cold whether one that runs is stopped and started, and not suspended and resumed
 * @param since when it was asked for
 * @param givenUp why nothing comes of it; once there, it is only undone
 */
public record Migration(
    String wish,
    String from,
    String to,
    Goal then,
    boolean cold,
    Instant since,
    Optional<Refusal> givenUp) {
  public Migration {
    if (from.equals(to)) {
      throw new IllegalArgumentException("a migration leads to another node, found " + from);
    }
  }

  /** A new wish. */
  public static Migration of(String from, String to, Goal then, boolean cold, Instant since) {
    return new Migration(
        UUID.randomUUID().toString(), from, to, then, cold, since, Optional.empty());
  }

  /** What the guest has to be before it can be handed over. */
  public State rest() {
    boolean off = then == Goal.STOP || (then == Goal.RUN && cold);
    return off ? State.STOPPED : State.SUSPENDED;
  }

  Migration givenUp(Refusal why) {
    return new Migration(wish, from, to, then, cold, since, Optional.of(givenUp.orElse(why)));
  }
}
