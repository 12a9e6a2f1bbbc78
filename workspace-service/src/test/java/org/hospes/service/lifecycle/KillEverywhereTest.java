package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Lease;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.ServiceIdentity;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceFilter;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A driver that dies before or after each kind of saved move, and one that is started after it: the
 * workspace reaches its end, the guest is booted as often as was wished and no more, and nothing is
 * left over.
 */
class KillEverywhereTest {
  private static final Set<SavedMove> MIGRATIONS =
      Set.of(
          SavedMove.MIGRATION_ASKED,
          SavedMove.MIGRATED,
          SavedMove.MIGRATION_GIVEN_UP,
          SavedMove.MIGRATION_UNDONE,
          SavedMove.REMAINS_REMOVED);

  private static final Refusal REVOKED =
      Refusal.of(Refusal.Category.IMAGE_REFUSED, "image.signer.path", "revoked");

  private static final Lease LONGER = new Lease(Sample.START, Duration.ofHours(6));

  static Stream<Arguments> everywhere() {
    return Stream.of(SavedMove.values())
        .filter(m -> m != SavedMove.ACCEPTED)
        .flatMap(m -> Stream.of(Arguments.of(m, true), Arguments.of(m, false)));
  }

  @ParameterizedTest(name = "{0} before={1}")
  @MethodSource("everywhere")
  void aKillIsSurvived(SavedMove move, boolean before) {
    try (DrivenSite site = new DrivenSite()) {
      site.node("n1");
      if (MIGRATIONS.contains(move)) {
        site.node("n2");
        site.drains.drain("n2", Sample.EVE, site.clock.instant(), false);
      }
      DyingStore dying = new DyingStore(site.store, move, before);
      site.start(dying);
      Workspace asked = site.store.add(Sample.workspace(Sample.ADA, "t"), Sample.dossier());
      play(site, move, asked.id());
      awaitDeath(dying, site, move);
      site.start();
      afterwards(site, move, asked.id());
      Workspace ended = site.await(asked.id(), Workspace::ended, "an end");
      boolean fails = Set.of(SavedMove.REFUSED, SavedMove.FAILED).contains(move);
      assertEquals(fails ? State.FAILED : State.DESTROYED, ended.state());
      assertEquals(Set.of(), site.cluster.guests("n1"));
      if (MIGRATIONS.contains(move)) {
        assertEquals(Set.of(), site.cluster.guests("n2"));
      }
      assertEquals(List.of(), site.cluster.violations());
      boolean again =
          Set.of(
                  SavedMove.START_REFUSED,
                  SavedMove.START_ASKED,
                  SavedMove.STARTED_AGAIN,
                  SavedMove.REBOOT_ASKED,
                  SavedMove.OFF_TO_REBOOT)
              .contains(move);
      assertTrue(site.cluster.boots(asked.id()) <= (again ? 2 : 1));
    }
  }

  /** Makes the move happen. */
  private static void play(DrivenSite site, SavedMove move, WorkspaceId id) {
    switch (move) {
      case REFUSED, FAILED ->
          site.cluster.failNextPreparation(
              "n1", Refusal.of(Refusal.Category.IMAGE_REFUSED, "image.refused", "no"));
      case STAGING_AGAIN ->
          site.cluster.failNextStart(
              "n1", Refusal.of(Refusal.Category.SITE, "hypervisor.gone", "restarting"));
      case NOTED -> site.cluster.deafen("n1");
      default -> {}
    }
    site.driver().wake(id);
    switch (move) {
      case DESTROY_ASKED, DESTROYED -> {
        site.await(id, State.RUNNING);
        try {
          site.driver().destroy(id, "/CN=Ada");
        } catch (Killed e) {
          // The caller saw no answer and asks again below.
        }
      }
      case EXTENDED -> {
        site.await(id, State.RUNNING);
        extend(site, id);
      }
      case PAUSE_ASKED, PAUSED, RESUME_ASKED, RESUMED -> {
        site.await(id, State.RUNNING);
        ask(() -> site.wishes().pause(id, "/CN=Ada"));
        if (move == SavedMove.RESUME_ASKED || move == SavedMove.RESUMED) {
          site.await(id, State.PAUSED);
          ask(() -> site.wishes().resume(id, "/CN=Ada"));
        }
      }
      case SUSPEND_ASKED, SUSPENDED -> {
        site.await(id, State.RUNNING);
        ask(() -> site.wishes().suspend(id, "/CN=Ada"));
      }
      case STOP_ASKED, STOPPED, START_ASKED, STARTED_AGAIN -> {
        site.await(id, State.RUNNING);
        stop(site, id);
        if (move == SavedMove.START_ASKED || move == SavedMove.STARTED_AGAIN) {
          site.await(id, State.STOPPED);
          start(site, id);
        }
      }
      case START_REFUSED -> {
        site.await(id, State.RUNNING);
        stop(site, id);
        atRest(site, id);
        // Asked before the answer was saved, and after.
        site.cluster.refuseNextStart("n1", REVOKED);
        site.cluster.refuseNextStart("n1", REVOKED);
        start(site, id);
      }
      case REBOOT_ASKED, OFF_TO_REBOOT -> {
        site.await(id, State.RUNNING);
        reboot(site, id);
      }
      case SNAPSHOT_ASKED,
          SNAPSHOT_TAKEN,
          SNAPSHOT_FAILED,
          ROLLBACK_ASKED,
          ROLLED_BACK,
          SNAPSHOT_DELETION_ASKED,
          SNAPSHOT_DELETED ->
          snapshots(site, move, id);
      case MIGRATION_ASKED, MIGRATED, MIGRATION_GIVEN_UP, MIGRATION_UNDONE, REMAINS_REMOVED -> {
        site.await(id, State.RUNNING);
        site.drains.undrain("n2");
        if (move == SavedMove.MIGRATION_GIVEN_UP || move == SavedMove.MIGRATION_UNDONE) {
          site.cluster.failNextReception(
              "n2", Refusal.of(Refusal.Category.NO_CAPACITY, "disk.no-space", "full"));
        }
        ask(() -> migrate(site, id));
      }
      case SAVE_ASKED, FLATTENED -> {
        site.await(id, State.RUNNING);
        stop(site, id);
        atRest(site, id);
        ask(() -> site.wishes().save(id, "/CN=Ada"));
      }
      case LEASE_ENDED -> {
        site.await(id, State.RUNNING);
        site.pass(Duration.ofHours(5));
      }
      case GUEST_ENDED -> {
        site.await(id, State.RUNNING);
        site.cluster.set("n1", id, GuestPhase.ENDED);
        site.pass(Duration.ofSeconds(1));
      }
      case LOST_SIGHT, FOUND_AGAIN -> {
        site.await(id, State.RUNNING);
        site.cluster.cutOff("n1");
        site.pass(Duration.ofMinutes(1));
        if (move == SavedMove.FOUND_AGAIN) {
          site.await(id, State.UNKNOWN);
          site.cluster.restore("n1");
          site.driver().nodeHeard("n1");
        }
      }
      default -> {}
    }
  }

  private static void ask(Runnable wish) {
    try {
      wish.run();
    } catch (Killed e) {
      // The caller saw no answer and asks again below.
    }
  }

  private static void migrate(DrivenSite site, WorkspaceId id) {
    site.wishes().migrate(id, Optional.of("n2"), false, "/CN=Ada");
  }

  private static void snapshots(DrivenSite site, SavedMove move, WorkspaceId id) {
    site.await(id, State.RUNNING);
    stop(site, id);
    atRest(site, id);
    if (move == SavedMove.SNAPSHOT_FAILED) {
      site.cluster.failNextSnapshot(
          "n1", Refusal.of(Refusal.Category.NO_CAPACITY, "disk.no-space", "full"));
    }
    ask(() -> site.wishes().snapshot(id, "a", "/CN=Ada"));
    if (Set.of(SavedMove.ROLLBACK_ASKED, SavedMove.ROLLED_BACK).contains(move)) {
      atRest(site, id);
      ask(() -> site.wishes().rollback(id, "a", "/CN=Ada"));
    } else if (Set.of(SavedMove.SNAPSHOT_DELETION_ASKED, SavedMove.SNAPSHOT_DELETED)
        .contains(move)) {
      atRest(site, id);
      ask(() -> site.wishes().deleteSnapshot(id, "a", "/CN=Ada"));
    }
  }

  private static void atRest(DrivenSite site, WorkspaceId id) {
    site.await(id, w -> w.state() == State.STOPPED && w.goal() == Goal.STOP, "rest");
  }

  /** Runs there, was never started anew, and nothing of it is elsewhere. */
  private static void atHome(DrivenSite site, WorkspaceId id, String node) {
    site.await(
        id,
        w ->
            w.node().equals(Optional.of(node))
                && w.state() == State.RUNNING
                && w.goal() == Goal.RUN
                && w.migrations().leftOn().isEmpty(),
        "it to run on " + node);
    assertEquals(GuestPhase.RUNNING, site.cluster.phase(node, id));
    assertEquals(Set.of(), site.cluster.guests(node.equals("n1") ? "n2" : "n1"));
    assertEquals(1, site.cluster.boots(id));
  }

  private static void stop(DrivenSite site, WorkspaceId id) {
    ask(() -> site.wishes().stop(id, Duration.ofSeconds(30), "/CN=Ada"));
  }

  private static void reboot(DrivenSite site, WorkspaceId id) {
    ask(() -> site.wishes().reboot(id, Duration.ofSeconds(30), "/CN=Ada"));
  }

  private static void start(DrivenSite site, WorkspaceId id) {
    ask(() -> site.wishes().start(id, "/CN=Ada"));
  }

  private static void extend(DrivenSite site, WorkspaceId id) {
    try {
      site.driver()
          .wish(
              id,
              SavedMove.EXTENDED,
              "/CN=Ada",
              w ->
                  w.lease().equals(LONGER)
                      ? w
                      : w.extended(LONGER, "by Ada", site.clock.instant()));
    } catch (Killed e) {
      // The caller saw no answer and asks again below.
    }
  }

  /** What the world does once the service is back. */
  private static void afterwards(DrivenSite site, SavedMove move, WorkspaceId id) {
    site.cluster.restore("n1");
    site.driver().nodeHeard("n1");
    switch (move) {
      case REFUSED, FAILED, LEASE_ENDED, GUEST_ENDED -> {}
      case PAUSE_ASKED, PAUSED -> {
        ask(() -> site.wishes().pause(id, "/CN=Ada"));
        site.await(id, State.PAUSED);
        assertEquals(GuestPhase.PAUSED, site.cluster.phase("n1", id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case SUSPEND_ASKED, SUSPENDED -> {
        ask(() -> site.wishes().suspend(id, "/CN=Ada"));
        site.await(id, State.SUSPENDED);
        assertEquals(GuestPhase.SUSPENDED, site.cluster.phase("n1", id));
        site.wishes().resume(id, "/CN=Ada");
        site.await(id, State.RUNNING);
        assertEquals(1, site.cluster.boots(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case RESUME_ASKED, RESUMED -> {
        ask(() -> site.wishes().resume(id, "/CN=Ada"));
        site.await(id, State.RUNNING);
        assertEquals(GuestPhase.RUNNING, site.cluster.phase("n1", id));
        assertEquals(1, site.cluster.boots(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case STOP_ASKED, STOPPED -> {
        stop(site, id);
        site.await(id, State.STOPPED);
        assertEquals(GuestPhase.STOPPED, site.cluster.phase("n1", id));
        assertEquals(1, site.cluster.boots(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case SNAPSHOT_ASKED, SNAPSHOT_TAKEN -> {
        ask(() -> site.wishes().snapshot(id, "a", "/CN=Ada"));
        atRest(site, id);
        assertEquals(1, site.get(id).snapshots().kept().size());
        assertEquals(1, site.cluster.snapshotTasks(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case SAVE_ASKED, FLATTENED -> {
        ask(() -> site.wishes().save(id, "/CN=Ada"));
        atRest(site, id);
        assertTrue(site.get(id).snapshots().flat().isPresent());
        assertEquals(1, site.cluster.snapshotTasks(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case SNAPSHOT_FAILED -> {
        atRest(site, id);
        assertEquals(List.of(), site.get(id).snapshots().kept());
        assertEquals(
            Optional.of("disk.no-space"), site.get(id).snapshots().setback().map(Refusal::code));
        assertEquals(1, site.cluster.snapshotTasks(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case ROLLBACK_ASKED, ROLLED_BACK, SNAPSHOT_DELETION_ASKED, SNAPSHOT_DELETED -> {
        atRest(site, id);
        boolean deletion =
            move == SavedMove.SNAPSHOT_DELETION_ASKED || move == SavedMove.SNAPSHOT_DELETED;
        boolean fulfilled = site.cluster.snapshotTasks(id) == 2;
        assertEquals(deletion && fulfilled ? 0 : 1, site.get(id).snapshots().kept().size());
        assertTrue(site.cluster.snapshotTasks(id) <= 2, "a wish is fulfilled once");
        site.driver().destroy(id, "/CN=Ada");
      }
      case MIGRATION_ASKED, MIGRATED, REMAINS_REMOVED -> {
        ask(() -> migrate(site, id));
        atHome(site, id, "n2");
        site.driver().destroy(id, "/CN=Ada");
      }
      case MIGRATION_GIVEN_UP, MIGRATION_UNDONE -> {
        atHome(site, id, "n1");
        assertEquals(
            Optional.of("disk.no-space"), site.get(id).migrations().setback().map(Refusal::code));
        site.driver().destroy(id, "/CN=Ada");
      }
      case START_REFUSED -> {
        atRest(site, id);
        assertEquals(Optional.of(REVOKED), site.get(id).snapshots().setback());
        assertEquals(1, site.cluster.boots(id));
        site.cluster.takeNextStarts("n1");
        start(site, id);
        site.await(id, State.RUNNING);
        assertEquals(Optional.empty(), site.get(id).snapshots().setback());
        assertEquals(2, site.cluster.boots(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case START_ASKED, STARTED_AGAIN -> {
        start(site, id);
        site.await(id, State.RUNNING);
        assertEquals(GuestPhase.RUNNING, site.cluster.phase("n1", id));
        assertEquals(2, site.cluster.boots(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case REBOOT_ASKED, OFF_TO_REBOOT -> {
        Workspace left = site.get(id);
        boolean unsaved = left.state() == State.RUNNING && left.goal() == Goal.RUN;
        if (unsaved && site.cluster.boots(id) == 1) {
          reboot(site, id);
        }
        site.until(() -> site.cluster.boots(id) == 2, "it to boot again");
        site.await(id, w -> w.state() == State.RUNNING && w.goal() == Goal.RUN, "running");
        assertEquals(2, site.cluster.boots(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      case EXTENDED -> {
        extend(site, id);
        site.until(
            () -> site.cluster.leaseEnds("n1", id).equals(Optional.of(LONGER.ends())),
            "the node to know the new end");
        assertEquals(1, site.cluster.boots(id));
        site.driver().destroy(id, "/CN=Ada");
      }
      default -> {
        if (!site.get(id).ended()) {
          if (move != SavedMove.DESTROY_ASKED && move != SavedMove.DESTROYED) {
            site.await(id, State.RUNNING);
            assertEquals(1, site.cluster.boots(id));
            assertEquals(Set.of(id), site.cluster.guests("n1"));
          }
          site.driver().destroy(id, "/CN=Ada");
        }
      }
    }
  }

  private static void awaitDeath(DyingStore dying, DrivenSite site, SavedMove move) {
    site.until(() -> dying.dead, "the scenario to come to " + move);
  }

  /** The store as a process sees it that is killed at one of its writes. */
  private static final class DyingStore implements WorkspaceRepository {
    private final WorkspaceRepository real;
    private final SavedMove at;
    private final boolean before;
    volatile boolean dead;

    DyingStore(WorkspaceRepository real, SavedMove at, boolean before) {
      this.real = real;
      this.at = at;
      this.before = before;
    }

    private void live() {
      if (dead) {
        throw new Killed();
      }
    }

    @Override
    public synchronized Workspace save(
        Workspace workspace, SavedMove move, Optional<AskedMessage> asked) {
      live();
      if (move != at) {
        return real.save(workspace, move, asked);
      }
      dead = true;
      if (!before) {
        real.save(workspace, move, asked);
      }
      throw new Killed();
    }

    @Override
    public Optional<AskedMessage.Reference> newestToRun(WorkspaceId id) {
      live();
      return real.newestToRun(id);
    }

    @Override
    public Optional<AskedMessage> asked(Digest digest) {
      live();
      return real.asked(digest);
    }

    @Override
    public Workspace add(Workspace workspace, Dossier dossier) {
      live();
      return real.add(workspace, dossier);
    }

    @Override
    public Map<WorkspaceId, Set<String>> placements(Collection<WorkspaceId> ids) {
      live();
      return real.placements(ids);
    }

    @Override
    public Optional<Workspace> find(WorkspaceId id) {
      live();
      return real.find(id);
    }

    @Override
    public Optional<Dossier> dossier(WorkspaceId id) {
      live();
      return real.dossier(id);
    }

    @Override
    public Optional<Workspace> findByToken(DistinguishedName owner, String clientToken) {
      live();
      return real.findByToken(owner, clientToken);
    }

    @Override
    public List<Workspace> matching(String text, Optional<DistinguishedName> owner, int limit) {
      live();
      return real.matching(text, owner, limit);
    }

    @Override
    public List<Workspace> unfinished() {
      live();
      return real.unfinished();
    }

    @Override
    public List<Workspace> page(WorkspaceFilter filter, Optional<WorkspaceId> after, int size) {
      live();
      return real.page(filter, after, size);
    }

    @Override
    public ServiceIdentity identity() {
      live();
      return real.identity();
    }
  }

  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Killed() {
      super("the process is dead");
    }
  }
}
