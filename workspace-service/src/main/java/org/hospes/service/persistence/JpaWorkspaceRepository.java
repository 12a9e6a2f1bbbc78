package org.hospes.service.persistence;

import jakarta.persistence.EntityManager;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.PersistenceException;
import jakarta.persistence.RollbackException;
import jakarta.persistence.TypedQuery;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.hibernate.exception.ConstraintViolationException;
import org.hospes.image.Digest;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.ServiceIdentity;
import org.hospes.service.workspace.StaleWorkspaceException;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.TokenTakenException;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.path.DistinguishedName;

/** Workspaces in a relational database, H2 or PostgreSQL. */
public final class JpaWorkspaceRepository implements WorkspaceRepository {
  private static final List<String> ENDED =
      List.of(State.values()).stream().filter(State::terminal).map(State::name).toList();

  private final Database database;

  public JpaWorkspaceRepository(Database database) {
    this.database = database;
  }

  @Override
  public Workspace add(Workspace workspace, Dossier dossier) {
    try {
      return database.inTransaction(
          manager -> {
            manager.persist(new WorkspaceRow(workspace));
            manager.flush();
            manager.persist(new DossierRow(workspace.id(), dossier));
            manager.flush();
            growEpoch(manager);
            return workspace.savedAs(1);
          });
    } catch (PersistenceException e) {
      if (causedBy(e, ConstraintViolationException.class)
          && findByToken(workspace.owner(), workspace.order().clientToken()).isPresent()) {
        throw new TokenTakenException(workspace.owner(), workspace.order().clientToken());
      }
      throw e;
    }
  }

  @Override
  public Workspace save(Workspace workspace, SavedMove move, Optional<AskedMessage> asked) {
    try {
      return database.inTransaction(
          manager -> {
            WorkspaceRow row = manager.find(WorkspaceRow.class, workspace.id().toString());
            if (row == null || row.version != workspace.version()) {
              throw new StaleWorkspaceException(workspace.id(), workspace.version());
            }
            Optional<String> nodeBefore = Optional.ofNullable(row.node);
            String migrationsBefore = row.migrations;
            row.change(workspace);
            // First, for its version: who is too late must not come to what follows.
            manager.flush();
            if (!workspace.node().equals(nodeBefore) || !row.migrations.equals(migrationsBefore)) {
              place(manager, workspace, nodeBefore.isEmpty());
            }
            if (asked.isPresent()
                && manager.find(AskedRow.class, asked.get().digest().toString()) == null) {
              manager.persist(new AskedRow(asked.get(), row.version));
            }
            manager.flush();
            growEpoch(manager);
            return workspace.savedAs(row.version);
          });
    } catch (OptimisticLockException | RollbackException e) {
      if (causedBy(e, OptimisticLockException.class)) {
        throw new StaleWorkspaceException(workspace.id(), workspace.version());
      }
      throw e;
    }
  }

  /** Takes down where it is from now on; of one that was placed before that was kept, nothing. */
  private static void place(EntityManager manager, Workspace workspace, boolean first) {
    List<String> known =
        manager
            .createQuery(
                "select p.node from PlacementRow p where p.workspaceId = :id", String.class)
            .setParameter("id", workspace.id().toString())
            .getResultList();
    if (first || !known.isEmpty()) {
      workspace.nodes().stream()
          .filter(node -> !known.contains(node))
          .forEach(node -> manager.persist(new PlacementRow(workspace.id(), node)));
    }
  }

  @Override
  public Map<WorkspaceId, Set<String>> placements(Collection<WorkspaceId> ids) {
    if (ids.isEmpty()) {
      return Map.of();
    }
    return database.inTransaction(
        m ->
            m
                .createQuery(
                    "select p from PlacementRow p where p.workspaceId in :ids", PlacementRow.class)
                .setParameter("ids", ids.stream().map(WorkspaceId::toString).toList())
                .getResultList()
                .stream()
                .collect(
                    Collectors.groupingBy(
                        p -> WorkspaceId.parse(p.workspaceId),
                        Collectors.mapping(p -> p.node, Collectors.toSet()))));
  }

  @Override
  public Optional<AskedMessage.Reference> newestToRun(WorkspaceId id) {
    return database.inTransaction(
        m ->
            m.createQuery(
                    "select a from AskedRow a where a.workspaceId = :id and a.runs = true"
                        + " order by a.version desc, a.at desc, a.digest",
                    AskedRow.class)
                .setParameter("id", id.toString())
                .setMaxResults(1)
                .getResultStream()
                .findFirst()
                .map(AskedRow::reference));
  }

  @Override
  public Optional<AskedMessage> asked(Digest digest) {
    return database.inTransaction(
        m -> Optional.ofNullable(m.find(AskedRow.class, digest.toString())).map(AskedRow::value));
  }

  @Override
  public Optional<Workspace> find(WorkspaceId id) {
    return database.inTransaction(
        m ->
            Optional.ofNullable(m.find(WorkspaceRow.class, id.toString()))
                .map(WorkspaceRow::workspace));
  }

  @Override
  public Optional<Dossier> dossier(WorkspaceId id) {
    return database.inTransaction(
        m -> Optional.ofNullable(m.find(DossierRow.class, id.toString())).map(DossierRow::dossier));
  }

  @Override
  public Optional<Workspace> findByToken(DistinguishedName owner, String clientToken) {
    return database.inTransaction(
        m ->
            m.createQuery(
                    "select w from WorkspaceRow w where w.ownerDn = :owner"
                        + " and w.clientToken = :token",
                    WorkspaceRow.class)
                .setParameter("owner", owner.slash())
                .setParameter("token", clientToken)
                .getResultStream()
                .findFirst()
                .map(WorkspaceRow::workspace));
  }

  @Override
  public List<Workspace> matching(
      String idPrefixOrName, Optional<DistinguishedName> owner, int limit) {
    return database.inTransaction(
        m -> {
          TypedQuery<WorkspaceRow> query =
              m.createQuery(
                      "select w from WorkspaceRow w where (w.name = :text or left(w.id, :length) ="
                          + " :text)"
                          + (owner.isPresent() ? " and w.ownerDn = :owner" : "")
                          + " order by case when w.id = :text or w.name = :text then 0 else 1 end,"
                          + " case when w.state in :ended then 1 else 0 end,"
                          + " w.leaseStarts desc, w.id",
                      WorkspaceRow.class)
                  .setParameter("text", idPrefixOrName)
                  .setParameter("length", idPrefixOrName.length())
                  .setParameter("ended", ENDED)
                  .setMaxResults(limit);
          owner.ifPresent(o -> query.setParameter("owner", o.slash()));
          return workspaces(query);
        });
  }

  @Override
  public List<Workspace> unfinished() {
    return database.inTransaction(
        m ->
            workspaces(
                m.createQuery(
                        "select w from WorkspaceRow w where w.state not in :ended"
                            + " order by w.leaseStarts, w.id",
                        WorkspaceRow.class)
                    .setParameter("ended", ENDED)));
  }

  @Override
  public List<Workspace> page(WorkspaceFilter filter, Optional<WorkspaceId> after, int size) {
    return database.inTransaction(
        m -> {
          Optional<WorkspaceRow> last = after.map(id -> m.find(WorkspaceRow.class, id.toString()));
          TypedQuery<WorkspaceRow> query =
              m.createQuery(
                      "select w from WorkspaceRow w where w.state in :states"
                          + (filter.owner().isPresent() ? " and w.ownerDn = :owner" : "")
                          + (filter.name().isPresent() ? " and w.name = :name" : "")
                          + (last.isPresent()
                              ? " and (w.leaseStarts < :lastStart"
                                  + " or (w.leaseStarts = :lastStart and w.id > :lastId))"
                              : "")
                          + " order by w.leaseStarts desc, w.id",
                      WorkspaceRow.class)
                  .setParameter("states", filter.wantedStates().stream().map(State::name).toList())
                  .setMaxResults(size);
          filter.owner().ifPresent(o -> query.setParameter("owner", o.slash()));
          filter.name().ifPresent(n -> query.setParameter("name", n));
          last.ifPresent(
              l -> query.setParameter("lastStart", l.leaseStarts).setParameter("lastId", l.id));
          return workspaces(query);
        });
  }

  @Override
  public ServiceIdentity identity() {
    return database.inTransaction(
        m -> {
          IdentityRow row = m.find(IdentityRow.class, IdentityRow.ONE);
          return new ServiceIdentity(UUID.fromString(row.instance), row.epoch);
        });
  }

  private static List<Workspace> workspaces(TypedQuery<WorkspaceRow> query) {
    return query.getResultList().stream().map(WorkspaceRow::workspace).toList();
  }

  // Last in each transaction: everybody shares this row, and its lock is held until the commit.
  private static void growEpoch(EntityManager manager) {
    manager.createQuery("update IdentityRow i set i.epoch = i.epoch + 1").executeUpdate();
  }

  private static boolean causedBy(Throwable thrown, Class<? extends Throwable> kind) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (kind.isInstance(t)) {
        return true;
      }
    }
    return false;
  }
}
