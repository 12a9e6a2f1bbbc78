package org.hospes.service.workspace;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.trust.path.DistinguishedName;

/** Workspaces in a map. Survives nothing but the object's own life. */
public final class InMemoryWorkspaceRepository implements WorkspaceRepository {
  private static final Comparator<Workspace> NEWEST_FIRST =
      Comparator.comparing((Workspace w) -> w.lease().starts())
          .reversed()
          .thenComparing(Workspace::id);

  private final Map<WorkspaceId, Workspace> workspaces = new HashMap<>();
  private final Map<WorkspaceId, Dossier> dossiers = new HashMap<>();
  private final Map<WorkspaceId, Set<String>> placements = new HashMap<>();
  private final Map<Digest, Kept> asked = new LinkedHashMap<>();
  private final UUID instance = UUID.randomUUID();
  private long epoch;

  @Override
  public synchronized Workspace add(Workspace workspace, Dossier dossier) {
    if (findByToken(workspace.owner(), workspace.order().clientToken()).isPresent()) {
      throw new TokenTakenException(workspace.owner(), workspace.order().clientToken());
    }
    dossiers.put(workspace.id(), dossier);
    return keep(workspace.savedAs(1));
  }

  @Override
  public synchronized Workspace save(
      Workspace workspace, SavedMove move, Optional<AskedMessage> message) {
    Workspace kept = workspaces.get(workspace.id());
    if (kept == null || kept.version() != workspace.version()) {
      throw new StaleWorkspaceException(workspace.id(), workspace.version());
    }
    message.ifPresent(m -> asked.putIfAbsent(m.digest(), new Kept(m, kept.version() + 1)));
    if (kept.node().isEmpty() && workspace.node().isPresent()) {
      placements.put(workspace.id(), new HashSet<>());
    }
    Set<String> nodes = placements.get(workspace.id());
    if (nodes != null) {
      nodes.addAll(workspace.nodes());
    }
    return keep(workspace.savedAs(kept.version() + 1));
  }

  private record Kept(AskedMessage message, long version) {}

  @Override
  public synchronized Optional<AskedMessage.Reference> newestToRun(WorkspaceId id) {
    return asked.values().stream()
        .filter(kept -> kept.message().runs() && kept.message().workspace().equals(id))
        .max(Comparator.comparingLong(Kept::version))
        .map(kept -> new AskedMessage.Reference(kept.message().digest(), kept.message().asker()));
  }

  @Override
  public synchronized Optional<AskedMessage> asked(Digest digest) {
    return Optional.ofNullable(asked.get(digest)).map(Kept::message);
  }

  @Override
  public synchronized Map<WorkspaceId, Set<String>> placements(Collection<WorkspaceId> ids) {
    Map<WorkspaceId, Set<String>> found = new HashMap<>();
    ids.stream()
        .filter(placements::containsKey)
        .forEach(id -> found.put(id, Set.copyOf(placements.get(id))));
    return found;
  }

  @Override
  public synchronized Optional<Workspace> find(WorkspaceId id) {
    return Optional.ofNullable(workspaces.get(id));
  }

  @Override
  public synchronized Optional<Dossier> dossier(WorkspaceId id) {
    return Optional.ofNullable(dossiers.get(id));
  }

  @Override
  public synchronized Optional<Workspace> findByToken(DistinguishedName owner, String token) {
    return workspaces.values().stream()
        .filter(w -> w.owner().equals(owner) && w.order().clientToken().equals(token))
        .findFirst();
  }

  @Override
  public synchronized List<Workspace> matching(
      String text, Optional<DistinguishedName> owner, int limit) {
    return workspaces.values().stream()
        .filter(w -> w.name().equals(text) || w.id().toString().startsWith(text))
        .filter(w -> owner.isEmpty() || owner.get().equals(w.owner()))
        .sorted(
            Comparator.comparing(
                    (Workspace w) -> !w.name().equals(text) && !w.id().toString().equals(text))
                .thenComparing(Workspace::ended)
                .thenComparing(NEWEST_FIRST))
        .limit(limit)
        .toList();
  }

  @Override
  public synchronized List<Workspace> unfinished() {
    return workspaces.values().stream()
        .filter(w -> !w.ended())
        .sorted(
            Comparator.comparing((Workspace w) -> w.lease().starts()).thenComparing(Workspace::id))
        .toList();
  }

  @Override
  public synchronized List<Workspace> page(
      WorkspaceFilter filter, Optional<WorkspaceId> after, int size) {
    Optional<Workspace> last = after.map(workspaces::get);
    return workspaces.values().stream()
        .filter(w -> filter.wantedStates().contains(w.state()))
        .filter(w -> filter.owner().isEmpty() || filter.owner().get().equals(w.owner()))
        .filter(w -> filter.name().isEmpty() || filter.name().get().equals(w.name()))
        .sorted(NEWEST_FIRST)
        .filter(w -> last.isEmpty() || NEWEST_FIRST.compare(w, last.get()) > 0)
        .limit(size)
        .toList();
  }

  @Override
  public synchronized ServiceIdentity identity() {
    return new ServiceIdentity(instance, epoch);
  }

  private Workspace keep(Workspace workspace) {
    workspaces.put(workspace.id(), workspace);
    epoch++;
    return workspace;
  }
}
