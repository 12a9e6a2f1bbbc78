package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.service.audit.InMemoryAuditLog;
import org.hospes.service.node.InMemoryCluster;
import org.hospes.service.node.InMemoryDrains;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.placement.Placement;
import org.hospes.service.workspace.InMemoryWorkspaceRepository;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SettableClock;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;

/** A service's core with nodes in memory: what the scenarios of the lifecycle play on. */
final class DrivenSite implements AutoCloseable {
  static final Duration SILENT_AFTER = Duration.ofSeconds(30);
  static final Resources ROOMY = new Resources(8, 8L << 30, 100L << 30);
  private static final long PATIENCE_MILLIS = 60_000;

  final SettableClock clock = new SettableClock(Sample.START);
  final InMemoryAuditLog audit = new InMemoryAuditLog();
  final WorkspaceRepository store = new InMemoryWorkspaceRepository();
  NodeRegistry registry = new NodeRegistry(clock, SILENT_AFTER, java.util.List::of);
  InMemoryCluster cluster = new InMemoryCluster(registry, clock);
  final InMemoryDrains drains = new InMemoryDrains();
  private LifecycleDriver driver;
  private boolean reporting;

  /** What the site's repository has of the image that is asked for. */
  SignedImage published = Sample.dossier().papers();

  private Placement placement;
  private NodeRegistry placed;

  LifecycleTimes times = waiting(Duration.ofMillis(2));

  /** Impatient in everything else. */
  static LifecycleTimes waiting(Duration longest) {
    return new LifecycleTimes(
        Duration.ofMillis(20),
        longest,
        2,
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        4,
        Duration.ofMinutes(2),
        4);
  }

  DrivenSite node(String name, Digest... images) {
    cluster.with(name, ROOMY, images);
    return this;
  }

  DrivenSite node(String name, Resources capacity) {
    cluster.with(name, capacity);
    return this;
  }

  /** The service forgets the nodes, as by a restart; those given are expected to come back. */
  void forgetNodes(String... expected) {
    registry = new NodeRegistry(clock, SILENT_AFTER, () -> java.util.List.of(expected));
    cluster.reportTo(registry);
  }

  /** A driver over the given store, as after a start of the service. */
  LifecycleDriver start(WorkspaceRepository repository) {
    if (driver != null) {
      driver.close();
    }
    NewestPapers newest = new NewestPapers(image -> published, papers -> false, clock);
    driver =
        new LifecycleDriver(
            repository, registry, cluster, newest, placement(), audit, times, clock);
    driver.start();
    return driver;
  }

  private Placement placement() {
    if (placement == null || placed != registry) {
      placement = new Placement(registry, drains);
      placed = registry;
    }
    return placement;
  }

  LifecycleDriver start() {
    return start(store);
  }

  LifecycleDriver driver() {
    return driver;
  }

  Wishes wishes() {
    return new Wishes(driver, store, registry, placement(), clock);
  }

  Workspace ask(String token) {
    Workspace added = store.add(Sample.workspace(Sample.ADA, token), Sample.dossier());
    driver.wake(added.id());
    return added;
  }

  Workspace get(WorkspaceId id) {
    return store.find(id).orElseThrow();
  }

  Workspace await(WorkspaceId id, State state) {
    return await(id, w -> w.state() == state, "state " + state);
  }

  Workspace await(WorkspaceId id, Predicate<Workspace> until, String what) {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (System.nanoTime() < end) {
      goOnReporting();
      Workspace workspace = get(id);
      if (until.test(workspace)) {
        return workspace;
      }
      pause(2);
    }
    return fail("waited in vain for " + what + "; it is " + get(id) + "; calls " + cluster.calls());
  }

  /** Waits for something that is not a workspace's own. */
  void until(BooleanSupplier so, String what) {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (!so.getAsBoolean()) {
      goOnReporting();
      if (System.nanoTime() > end) {
        fail("waited in vain for " + what + "; calls " + cluster.calls());
      }
      pause(2);
    }
  }

  /** Lets what can happen happen. */
  void settle() {
    pause(150);
  }

  private void goOnReporting() {
    // A call's answer from before a report may be noted after it; the next report puts that right.
    if (reporting) {
      cluster.beat();
    }
  }

  /** Time passes; nodes that can report do, and go on while something is waited for. */
  void pass(Duration time) {
    reporting = true;
    // In steps, between any two of which a driver may look: it must not find nodes silent that
    // beat.
    Duration step = SILENT_AFTER.dividedBy(2);
    for (Duration left = time; left.toMillis() > 0; left = left.minus(step)) {
      clock.pass(left.compareTo(step) < 0 ? left : step);
      cluster.beat();
    }
    store.unfinished().forEach(w -> driver.wake(w.id()));
  }

  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail("interrupted");
    }
  }

  @Override
  public void close() {
    if (driver != null) {
      driver.close();
    }
  }
}
