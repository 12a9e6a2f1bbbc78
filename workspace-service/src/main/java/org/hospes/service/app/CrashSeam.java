package org.hospes.service.app;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.ServiceIdentity;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.path.DistinguishedName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends this process at a chosen saved move, as {@code kill -9} would. For the tests that kill the
 * service everywhere; asked for by the system property {@code hospes.crash-at}, such as {@code
 * PLACED:before} or {@code ACCEPTED:after}. {@link #all()} lists every such point.
 *
 * <p>Several points, each with a workspace's name, {@code PAUSED:before@one,STOPPED:after@two}: who
 * comes to his point stands still there, and the process ends when all have come to theirs.
 */
final class CrashSeam implements WorkspaceRepository {
  static final String PROPERTY = "hospes.crash-at";
  private static final Logger LOG = LoggerFactory.getLogger(CrashSeam.class);
  private static final int AS_SIGKILL = 137;

  private final WorkspaceRepository real;

  /** Those that nobody has come to yet. */
  private final Set<String> ahead = ConcurrentHashMap.newKeySet();

  private CrashSeam(WorkspaceRepository real, List<String> points) {
    this.real = real;
    this.ahead.addAll(points);
  }

  /**
   * The repository itself unless the property is set.
   *
   * @throws IllegalArgumentException when it names what is no saved move
   */
  static WorkspaceRepository around(WorkspaceRepository real, Optional<String> property) {
    if (property.isEmpty()) {
      return real;
    }
    List<String> points = List.of(property.get().split(",", -1));
    if (!all().containsAll(points.stream().map(point -> point.split("@", 2)[0]).toList())) {
      throw new IllegalArgumentException(PROPERTY + ": expected some of " + all());
    }
    LOG.warn("this service will kill itself at {}", property.get());
    return new CrashSeam(real, points);
  }

  /** Every point. */
  static List<String> all() {
    return Stream.of(SavedMove.values())
        .flatMap(move -> Stream.of(move + ":before", move + ":after"))
        .toList();
  }

  @Override
  public Workspace add(Workspace workspace, Dossier dossier) {
    crash(workspace, SavedMove.ACCEPTED, "before");
    Workspace added = real.add(workspace, dossier);
    crash(workspace, SavedMove.ACCEPTED, "after");
    return added;
  }

  @Override
  public Workspace save(Workspace workspace, SavedMove move, Optional<AskedMessage> asked) {
    crash(workspace, move, "before");
    Workspace saved = real.save(workspace, move, asked);
    crash(workspace, move, "after");
    return saved;
  }

  @Override
  public Optional<AskedMessage.Reference> newestToRun(WorkspaceId id) {
    return real.newestToRun(id);
  }

  @Override
  public Optional<AskedMessage> asked(Digest digest) {
    return real.asked(digest);
  }

  @Override
  public Map<WorkspaceId, Set<String>> placements(Collection<WorkspaceId> ids) {
    return real.placements(ids);
  }

  @Override
  public Optional<Workspace> find(WorkspaceId id) {
    return real.find(id);
  }

  @Override
  public Optional<Dossier> dossier(WorkspaceId id) {
    return real.dossier(id);
  }

  @Override
  public Optional<Workspace> findByToken(DistinguishedName owner, String clientToken) {
    return real.findByToken(owner, clientToken);
  }

  @Override
  public List<Workspace> matching(String text, Optional<DistinguishedName> owner, int limit) {
    return real.matching(text, owner, limit);
  }

  @Override
  public List<Workspace> unfinished() {
    return real.unfinished();
  }

  @Override
  public List<Workspace> page(WorkspaceFilter filter, Optional<WorkspaceId> after, int size) {
    return real.page(filter, after, size);
  }

  @Override
  public ServiceIdentity identity() {
    return real.identity();
  }

  private void crash(Workspace workspace, SavedMove move, String when) {
    String point = move + ":" + when;
    if (!ahead.remove(point) && !ahead.remove(point + "@" + workspace.name())) {
      return;
    }
    if (ahead.isEmpty()) {
      Runtime.getRuntime().halt(AS_SIGKILL);
    }
    while (true) {
      LockSupport.park(this);
    }
  }
}
