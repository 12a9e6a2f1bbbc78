package org.hospes.service.lifecycle;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every move of a workspace: one versioned save, one line in the log, one in the audit log. */
final class Moves {
  private static final Logger LOG = LoggerFactory.getLogger(Moves.class);

  private static final Set<SavedMove> FAILURES =
      Set.of(
          SavedMove.FAILED,
          SavedMove.REFUSED,
          SavedMove.START_REFUSED,
          SavedMove.SNAPSHOT_FAILED,
          SavedMove.MIGRATION_GIVEN_UP);

  private final WorkspaceRepository workspaces;
  private final AuditLog audit;
  private final Clock clock;

  Moves(WorkspaceRepository workspaces, AuditLog audit, Clock clock) {
    this.workspaces = workspaces;
    this.audit = audit;
    this.clock = clock;
  }

  Instant now() {
    return clock.instant();
  }

  /** Saves a move that the service makes by itself. */
  Workspace save(Workspace before, Workspace after, SavedMove move) {
    return save(before, after, move, "service", Optional.empty());
  }

  /** Saves a move that somebody asked for, and the message that did with it. */
  Workspace save(
      Workspace before, Workspace after, SavedMove move, String who, Optional<AskedMessage> asked) {
    Workspace saved = workspaces.save(after, move, asked);
    if (move == SavedMove.NOTED) {
      LOG.debug("workspace={} state={} reason={}", saved.id(), saved.state(), saved.reason());
      return saved;
    }
    LOG.info(
        "workspace={} from={} to={} goal={} reason={}",
        saved.id(),
        before.state(),
        saved.state(),
        saved.goal(),
        saved.reason());
    AuditEntry entry =
        AuditEntry.of(
                clock.instant(),
                "move",
                FAILURES.contains(move) ? AuditEntry.Outcome.FAILED : AuditEntry.Outcome.DONE,
                saved.reason())
            .by(who)
            .about(saved.id())
            .fact("move", move)
            .fact("from", before.state())
            .fact("to", saved.state())
            .fact("goal", saved.goal())
            .fact("node", saved.node().orElse("-"));
    Optional<Migration> way = saved.migrations().now().or(() -> before.migrations().now());
    if (move == SavedMove.REMAINS_REMOVED) {
      entry = entry.fact("removedFrom", before.migrations().leftOn());
    } else if (way.isPresent()) {
      entry = entry.fact("migrates", way.get().from() + " to " + way.get().to());
    }
    Optional<Refusal> refusal = refusal(saved, move);
    if (refusal.isPresent()) {
      entry = entry.fact("code", refusal.get().code()).facts(refusal.get().facts());
    }
    audit.record(entry);
    return saved;
  }

  private static Optional<Refusal> refusal(Workspace saved, SavedMove move) {
    return switch (move) {
      case SNAPSHOT_FAILED, START_REFUSED -> saved.snapshots().setback();
      case MIGRATION_GIVEN_UP -> saved.migrations().now().flatMap(Migration::givenUp);
      default -> saved.refusal();
    };
  }

  /** Says why it is waiting, if that is not what is said already. */
  Workspace note(Workspace workspace, String why) {
    Workspace noted = workspace.because(why);
    return noted.reason().equals(workspace.reason())
        ? workspace
        : save(workspace, noted, SavedMove.NOTED);
  }

  /** Ends a workspace of which nothing is left on any node. */
  Workspace end(Workspace workspace, String why) {
    return workspace.refusal().isPresent()
        ? save(
            workspace,
            workspace.moveTo(State.FAILED, workspace.refusal().get().message(), now()),
            SavedMove.FAILED)
        : save(workspace, workspace.moveTo(State.DESTROYED, why, now()), SavedMove.DESTROYED);
  }
}
