package org.hospes.service.workspace;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.trust.path.DistinguishedName;

/**
 * Where workspaces are kept. When a method that changes something has returned, the change is safe
 * against {@code kill -9}. Safe for use by many threads. Failures of the store itself are thrown as
 * unchecked exceptions, and the change did not happen or, if the store went away in the middle, may
 * have happened: every caller can repeat.
 */
public interface WorkspaceRepository {
  /**
   * Keeps a new workspace with its dossier, in one step.
   *
   * @return it at version 1
   * @throws TokenTakenException when its owner has one under the same client token
   */
  Workspace add(Workspace workspace, Dossier dossier);

  /**
   * Replaces a workspace and lets the epoch grow, in one step.
   *
   * @param move what kind of change it is
   * @param asked the message that asked for it: kept in the same step, and only then
   * @return it with the next version
   * @throws StaleWorkspaceException when the kept one has another version
   */
  Workspace save(Workspace workspace, SavedMove move, Optional<AskedMessage> asked);

  /** As {@link #save(Workspace, SavedMove, Optional)}, where no message asked for it. */
  default Workspace save(Workspace workspace, SavedMove move) {
    return save(workspace, move, Optional.empty());
  }

  /** Of the messages that asked for the workspace to run, the one that was saved last. */
  Optional<AskedMessage.Reference> newestToRun(WorkspaceId id);

  /** A message by its digest. */
  Optional<AskedMessage> asked(Digest digest);

  /**
   * Every node that each of those workspaces was ever placed on, or was to move to. Those that were
   * placed before that was kept, and those that are not there, are left out.
   */
  Map<WorkspaceId, Set<String>> placements(Collection<WorkspaceId> ids);

  /** That workspace. */
  Optional<Workspace> find(WorkspaceId id);

  /** The papers of that workspace. */
  Optional<Dossier> dossier(WorkspaceId id);

  /** The workspace that this owner made under this token. */
  Optional<Workspace> findByToken(DistinguishedName owner, String clientToken);

  /**
   * Those whose id begins with the text, or whose name it is; not more than {@code limit}. One
   * whose id or name matches exactly comes before ids that only begin so, living ones before ended.
   */
  List<Workspace> matching(String idPrefixOrName, Optional<DistinguishedName> owner, int limit);

  /** Everything that has not ended, oldest first. */
  List<Workspace> unfinished();

  /**
   * A page of a list, newest first; equal times by id.
   *
   * @param after the last one of the page before
   */
  List<Workspace> page(WorkspaceFilter filter, Optional<WorkspaceId> after, int size);

  /** Which store this is and how far it has come. */
  ServiceIdentity identity();
}
