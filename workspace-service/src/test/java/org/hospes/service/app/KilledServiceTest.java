package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.GuestPhase;
import org.hospes.contract.node.Moment;
import org.hospes.contract.workspace.Deploy;
import org.hospes.contract.workspace.Destroy;
import org.hospes.contract.workspace.Extend;
import org.hospes.contract.workspace.ListWorkspaces;
import org.hospes.contract.workspace.Migrate;
import org.hospes.contract.workspace.Pause;
import org.hospes.contract.workspace.Reboot;
import org.hospes.contract.workspace.Resume;
import org.hospes.contract.workspace.Save;
import org.hospes.contract.workspace.SnapshotRequest;
import org.hospes.contract.workspace.Start;
import org.hospes.contract.workspace.Stop;
import org.hospes.contract.workspace.Suspend;
import org.hospes.contract.workspace.Workspace;
import org.hospes.contract.workspace.WorkspaceGoal;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.contract.workspace.WorkspaceState;
import org.hospes.service.workspace.SavedMove;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The real program over its real database, halted as by {@code kill -9} before and after each saved
 * move, from the code's own list of them; each time the next process goes on with what the one
 * before left. At the end every acknowledged workspace has come to its end, no guest was booted
 * twice, and the node has nothing left.
 *
 * <p>Several workspaces are in the middle of something when a process dies, each at a move of its
 * own. Alone are those moves that need both nodes to err or to be silent, and those that others
 * wait for.
 */
@Timeout(3600)
@Execution(ExecutionMode.CONCURRENT)
class KilledServiceTest {
  private static final int AS_SIGKILL = 137;
  private static final int AT_ONCE = 6;

  private static final Set<SavedMove> ALONE =
      EnumSet.of(
          SavedMove.ACCEPTED,
          SavedMove.PLACED,
          SavedMove.MIGRATION_ASKED,
          SavedMove.REFUSED,
          SavedMove.FAILED,
          SavedMove.STAGING_AGAIN,
          SavedMove.START_REFUSED,
          SavedMove.SNAPSHOT_FAILED,
          SavedMove.MIGRATION_GIVEN_UP,
          SavedMove.MIGRATION_UNDONE,
          SavedMove.LOST_SIGHT,
          SavedMove.FOUND_AGAIN);

  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  @TempDir Path directory;
  private final Map<String, Deploy> asked = new ConcurrentHashMap<>();
  private ServiceSite site;
  private WorkspacePort ada;
  private ArchivedClasses classes;
  private Beating beating;
  private Process service;
  private int starts;

  @AfterEach
  void stop() throws Exception {
    if (beating != null) {
      beating.end();
    }
    if (service != null) {
      service.destroyForcibly().waitFor();
    }
    site.close();
  }

  @Test
  void everySavedMoveMayBeTheLast() throws Exception {
    site = new ServiceSite(directory).twoNodes();
    site.elsewhere(freePort());
    beating = new Beating(site);
    beating.start();
    classes = ArchivedClasses.of(directory);
    launch(List.of());
    running(deploy("first", 3600));
    service.destroy();
    service.waitFor();
    classes.make(JAVA);
    Set<String> died = new HashSet<>();
    for (List<String> points : groups()) {
      launch(points);
      play(points);
      assertTrue(service.waitFor(120, TimeUnit.SECONDS), "never came to all of " + points);
      assertEquals(AS_SIGKILL, service.exitValue(), points.toString());
      died.addAll(points);
      clearUp();
    }
    assertEquals(Set.copyOf(CrashSeam.all()), died);
    launch(List.of());
    settle();
  }

  /** What one process dies of each time. */
  private static List<List<String>> groups() {
    List<List<String>> groups = new ArrayList<>();
    List<String> together = new ArrayList<>();
    for (String point : CrashSeam.all()) {
      if (ALONE.contains(move(point))) {
        groups.add(List.of(point));
      } else {
        together.add(point);
      }
    }
    for (int from = 0; from < together.size(); from += AT_ONCE) {
      groups.add(together.subList(from, Math.min(from + AT_ONCE, together.size())));
    }
    return groups;
  }

  private static SavedMove move(String point) {
    return SavedMove.valueOf(point.split(":", 2)[0]);
  }

  /** The name of the workspace that shall come to the point. */
  private static String name(String point) {
    return point.toLowerCase(Locale.ROOT).replaceAll("[:_]", "-");
  }

  /** Makes the moves happen, at the same time. */
  private void play(List<String> points) throws Exception {
    ExecutorService players = Executors.newFixedThreadPool(points.size());
    try {
      List<Callable<Void>> stories = new ArrayList<>();
      for (String point : points) {
        stories.add(
            () -> {
              play(move(point), name(point));
              return null;
            });
      }
      for (Future<Void> story : players.invokeAll(stories)) {
        story.get();
      }
    } finally {
      players.shutdownNow();
    }
  }

  /** Makes the move happen; whatever a killed service does not answer is let go. */
  private void play(SavedMove move, String name) throws Exception {
    try {
      switch (move) {
        case REFUSED, FAILED -> {
          for (TestNodePort port : nodes()) {
            port.refuseNext =
                RefusalException.of(FaultCategory.IMAGE_REFUSED, "image.digest.mismatch", "no");
          }
          deploy(name, 3600);
        }
        case STAGING_AGAIN -> {
          for (TestNodePort port : nodes()) {
            port.failNextStart =
                RefusalException.of(FaultCategory.SITE, "hypervisor.gone", "libvirtd restarts");
          }
          deploy(name, 3600);
        }
        case DESTROY_ASKED, DESTROYED -> destroy(running(deploy(name, 3600)));
        case EXTENDED -> extend(running(deploy(name, 3600)));
        case PAUSE_ASKED, PAUSED -> paused(running(deploy(name, 3600)));
        case RESUME_ASKED, RESUMED -> {
          String id = paused(running(deploy(name, 3600)));
          Resume request = new Resume();
          request.setId(id);
          ada.resume(request);
          running(id);
        }
        case SUSPEND_ASKED, SUSPENDED -> {
          String id = running(deploy(name, 3600));
          Suspend request = new Suspend();
          request.setId(id);
          ada.suspend(request);
          ServiceSite.await(ada, id, WorkspaceState.SUSPENDED);
        }
        case STOP_ASKED, STOPPED -> stopped(running(deploy(name, 3600)));
        case START_ASKED, STARTED_AGAIN -> {
          String id = stopped(running(deploy(name, 3600)));
          Start request = new Start();
          request.setId(id);
          ada.start(request);
          running(id);
        }
        case START_REFUSED -> {
          String id = stopped(running(deploy(name, 3600)));
          for (TestNodePort port : nodes()) {
            port.refuseStartAgain =
                RefusalException.of(FaultCategory.IMAGE_REFUSED, "image.signer.path", "revoked");
          }
          Start request = new Start();
          request.setId(id);
          ada.start(request);
          atRest(id);
        }
        case REBOOT_ASKED, OFF_TO_REBOOT -> {
          String id = running(deploy(name, 3600));
          Reboot request = new Reboot();
          request.setId(id);
          request.setGraceSeconds(30);
          ada.reboot(request);
          ServiceSite.await(ada, id, w -> home(id).startsAgain.getOrDefault(id, 0) == 1);
          running(id);
        }
        case SNAPSHOT_ASKED, SNAPSHOT_TAKEN -> snapshot(stopped(running(deploy(name, 3600))));
        case SNAPSHOT_FAILED -> {
          for (TestNodePort port : nodes()) {
            port.failNextSnapshot =
                RefusalException.of(FaultCategory.NO_CAPACITY, "disk.no-space", "full");
          }
          snapshot(stopped(running(deploy(name, 3600))));
        }
        case ROLLBACK_ASKED, ROLLED_BACK -> {
          String id = snapshot(stopped(running(deploy(name, 3600))));
          ada.rollback(snapshotOf(id));
          atRest(id);
        }
        case SNAPSHOT_DELETION_ASKED, SNAPSHOT_DELETED -> {
          String id = snapshot(stopped(running(deploy(name, 3600))));
          ada.deleteSnapshot(snapshotOf(id));
          atRest(id);
        }
        case SAVE_ASKED, FLATTENED -> {
          String id = stopped(running(deploy(name, 3600)));
          Save request = new Save();
          request.setId(id);
          ada.save(request);
          atRest(id);
        }
        case MIGRATION_ASKED, MIGRATED, REMAINS_REMOVED -> migrated(running(deploy(name, 3600)));
        case MIGRATION_GIVEN_UP, MIGRATION_UNDONE -> {
          RefusalException full =
              RefusalException.of(FaultCategory.NO_CAPACITY, "disk.no-space", "full");
          site.agent.failNextReception = full;
          site.other.failNextReception = full;
          migrated(running(deploy(name, 3600)));
        }
        case LEASE_ENDED -> deploy(name, 3);
        case GUEST_ENDED -> guest(running(deploy(name, 3600))).setPhase(GuestPhase.ENDED);
        case NOTED -> {
          Moment moment = new Moment();
          moment.setWhat("something");
          moment.setAt(Instant.now());
          guest(running(deploy(name, 3600))).getMoment().add(moment);
        }
        case LOST_SIGHT, FOUND_AGAIN -> {
          String id = running(deploy(name, 3600));
          beating.pause(true);
          ServiceSite.await(ada, id, WorkspaceState.UNKNOWN);
          beating.pause(false);
        }
        case ACCEPTED, PLACED, STAGED, STARTED -> deploy(name, 3600);
      }
    } catch (Exception | AssertionError e) {
      // A client whose service is killed sees an error, and asks again below with its own token.
      if (!service.waitFor(60, TimeUnit.SECONDS)) {
        throw e;
      }
    }
  }

  private void clearUp() {
    for (TestNodePort port : nodes()) {
      port.refuseNext = null;
      port.failNextStart = null;
      port.refuseStartAgain = null;
      port.failNextSnapshot = null;
      port.failNextReception = null;
    }
    beating.pause(false);
  }

  private String deploy(String name, long leaseSeconds) throws Exception {
    Deploy request = ServiceSite.deploy("sl6");
    request.setName(name);
    request.setLeaseSeconds(leaseSeconds);
    asked.put(request.getClientToken(), request);
    return ada.deploy(request).getWorkspace().getId();
  }

  private String running(String id) throws Exception {
    ServiceSite.await(ada, id, WorkspaceState.RUNNING);
    return id;
  }

  private List<TestNodePort> nodes() {
    return List.of(site.agent, site.other);
  }

  /** The node that has it. */
  private TestNodePort home(String id) {
    return site.other.guests.containsKey(id) ? site.other : site.agent;
  }

  private Guest guest(String id) {
    return home(id).guests.get(id);
  }

  private void migrated(String id) throws Exception {
    Migrate request = new Migrate();
    request.setId(id);
    ada.migrate(request);
    ServiceSite.await(
        ada,
        id,
        w ->
            w.getState() == WorkspaceState.RUNNING
                && w.getGoal() == WorkspaceGoal.RUN
                && w.getLeftOn().isEmpty());
  }

  private void destroy(String id) throws Exception {
    Destroy request = new Destroy();
    request.setId(id);
    ada.destroy(request);
  }

  private String paused(String id) throws Exception {
    Pause request = new Pause();
    request.setId(id);
    ada.pause(request);
    ServiceSite.await(ada, id, WorkspaceState.PAUSED);
    return id;
  }

  private String stopped(String id) throws Exception {
    Stop request = new Stop();
    request.setId(id);
    request.setGraceSeconds(30);
    ada.stop(request);
    ServiceSite.await(ada, id, WorkspaceState.STOPPED);
    return id;
  }

  private static SnapshotRequest snapshotOf(String id) {
    SnapshotRequest request = new SnapshotRequest();
    request.setId(id);
    request.setName("a");
    return request;
  }

  private String snapshot(String id) throws Exception {
    ada.snapshot(snapshotOf(id));
    return atRest(id);
  }

  private String atRest(String id) throws Exception {
    ServiceSite.await(
        ada, id, w -> w.getState() == WorkspaceState.STOPPED && w.getGoal() == WorkspaceGoal.STOP);
    return id;
  }

  private void extend(String id) throws Exception {
    Extend request = new Extend();
    request.setId(id);
    request.setLeaseEnds(Instant.now().plusSeconds(7200));
    ada.extend(request);
  }

  /** Asks again for everything, by the same tokens, and wants it all gone. */
  private void settle() throws Exception {
    List<String> ids = new ArrayList<>();
    for (Deploy request : asked.values()) {
      ids.add(ada.deploy(request).getWorkspace().getId());
    }
    ListWorkspaces everything = new ListWorkspaces();
    everything.setEnded(true);
    everything.setPageSize(500);
    List<String> known =
        ada.listWorkspaces(everything).getWorkspace().stream().map(Workspace::getId).toList();
    assertEquals(ids.size(), known.size());
    assertTrue(known.containsAll(ids));
    for (String id : ids) {
      Workspace workspace =
          ServiceSite.await(
              ada,
              id,
              w ->
                  (w.getState() == WorkspaceState.RUNNING && w.getGoal() == WorkspaceGoal.RUN)
                      || (w.getState() == WorkspaceState.PAUSED
                          && w.getGoal() == WorkspaceGoal.PAUSE)
                      || (w.getState() == WorkspaceState.SUSPENDED
                          && w.getGoal() == WorkspaceGoal.SUSPEND)
                      || (w.getState() == WorkspaceState.STOPPED
                          && w.getGoal() == WorkspaceGoal.STOP)
                      || w.getState() == WorkspaceState.DESTROYED
                      || w.getState() == WorkspaceState.FAILED);
      if (workspace.getState() != WorkspaceState.DESTROYED
          && workspace.getState() != WorkspaceState.FAILED) {
        assertEquals(workspace.getState().name(), guest(id).getPhase().name());
        assertEquals(workspace.getNode(), home(id) == site.other ? "node2" : "node1");
        destroy(id);
      }
      ServiceSite.await(
          ada,
          id,
          w -> w.getState() == WorkspaceState.DESTROYED || w.getState() == WorkspaceState.FAILED);
    }
    Set<String> booted = new HashSet<>();
    for (TestNodePort port : nodes()) {
      assertEquals(Map.of(), port.guests);
      // Each move of a story with a snapshot is died of before and after, with two wishes at most.
      port.snapshotWishes.forEach(
          (id, wishes) -> assertTrue(wishes <= 2, id + ": a wish was fulfilled again"));
      port.boots.forEach((id, boots) -> assertEquals(1, boots, id + " was booted again"));
      port.boots.keySet().forEach(id -> assertTrue(booted.add(id), id + " was booted twice"));
      assertFalse(port.boots.isEmpty(), "both nodes had something to do");
    }
  }

  private void launch(List<String> crashAt) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(JAVA.toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    if (!crashAt.isEmpty()) {
      // One alone is anybody's: also of a workspace that the process before left on its way.
      String points =
          crashAt.size() == 1
              ? crashAt.get(0)
              : crashAt.stream().map(p -> p + "@" + name(p)).collect(Collectors.joining(","));
      command.add("-D" + CrashSeam.PROPERTY + "=" + points);
    }
    command.addAll(classes.options());
    command.addAll(
        List.of("-cp", classes.path(), Main.class.getName(), "--config", site.config().toString()));
    // Whoever is held up for two seconds must not be silent in other stories.
    boolean silence =
        crashAt.stream()
            .map(KilledServiceTest::move)
            .anyMatch(EnumSet.of(SavedMove.LOST_SIGHT, SavedMove.FOUND_AGAIN)::contains);
    site.silentAfter(silence ? "2s" : "1h");
    beating.expectRegistration();
    service =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("service-" + starts++ + ".log").toFile())
            .start();
    beating.awaitRegistration(service);
    ada = site.as(site.ada);
  }

  /**
   * One that stays free while the service is down: below those that the system gives to whoever
   * does not ask for any.
   */
  private static int freePort() throws IOException {
    for (int tries = 0; ; tries++) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        if (tries == 100) {
          throw e;
        }
      }
    }
  }

  /** The node's heartbeats: registers with whatever service is there. */
  private static final class Beating extends Thread {
    private final ServiceSite site;
    private volatile boolean paused;
    private volatile boolean ended;
    private volatile boolean registered;

    Beating(ServiceSite site) {
      super("beating");
      this.site = site;
      setDaemon(true);
    }

    void pause(boolean pause) {
      paused = pause;
    }

    void end() throws InterruptedException {
      ended = true;
      join();
    }

    void expectRegistration() {
      registered = false;
    }

    void awaitRegistration(Process service) throws InterruptedException {
      // A service may be killed by what it finds to do before a node has registered with it.
      for (int i = 0; i < 1800 && !registered && service.isAlive(); i++) {
        Thread.sleep(100);
      }
      assertTrue(registered || !service.isAlive(), "the service did not start");
    }

    @Override
    public void run() {
      while (!ended) {
        try {
          Thread.sleep(250);
          if (!paused && !site.beat().isKnown()) {
            site.register();
            registered = true;
          }
        } catch (Exception e) {
          // The service is being killed or started; the next beat finds out.
        }
      }
    }
  }
}
