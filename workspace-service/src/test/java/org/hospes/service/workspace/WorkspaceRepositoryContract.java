package org.hospes.service.workspace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hospes.image.Digest;
import org.hospes.service.workspace.Refusal.Category;
import org.junit.jupiter.api.Test;

/** What every store of workspaces promises. */
public interface WorkspaceRepositoryContract {
  /** An empty store. */
  WorkspaceRepository repository();

  @Test
  default void whatWasAddedIsFoundUnchanged() {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    assertEquals(1, added.version());
    assertEquals(Optional.of(added), repository.find(added.id()));
    assertEquals(Optional.empty(), repository.find(Sample.id()));
  }

  @Test
  default void theDossierComesBackByteForByte() {
    WorkspaceRepository repository = repository();
    Dossier dossier = Sample.dossier();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), dossier);
    Dossier found = repository.dossier(added.id()).orElseThrow();
    assertArrayEquals(dossier.papers().manifest(), found.papers().manifest());
    assertArrayEquals(dossier.papers().signature(), found.papers().signature());
    assertEquals(dossier.papers().form(), found.papers().form());
    assertEquals(dossier.papers().chain(), found.papers().chain());
    assertEquals(dossier.papers().publication(), found.papers().publication());
    assertArrayEquals(
        dossier.papers().endorsements().toArray(), found.papers().endorsements().toArray());
    assertEquals(dossier.sources(), found.sources());
    assertArrayEquals(dossier.signedRequest(), found.signedRequest());
    assertEquals(dossier.sshKey(), found.sshKey());
    assertArrayEquals(dossier.userData().orElseThrow(), found.userData().orElseThrow());
  }

  @Test
  default void everyFieldSurvivesASave() {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    Workspace changed =
        added
            .placedOn("n1", "placed on n1", Sample.START.plusSeconds(1))
            .told(
                Optional.of("192.168.150.7"),
                List.of(new Forward(Optional.of("198.51.100.11"), Optional.of(30001), 80)),
                List.of(
                    new Moment(
                        "VERIFIED", Sample.START.plusNanos(1_500_000_123), Optional.of("x"))))
            .extended(
                new Lease(Sample.START, Duration.ofHours(9)), "by Ada", Sample.START.plusSeconds(3))
            .wantedStopped(Duration.ofSeconds(17), "stopping")
            .refused(
                new Refusal(
                    Category.IMAGE_REFUSED,
                    "image.signature.invalid",
                    "the signature \"does\" not fit",
                    Optional.of("sign it again"),
                    Map.of("expected", "a", "found", "b\n")));
    Workspace saved = repository.save(changed, SavedMove.REFUSED);
    assertEquals(2, saved.version());
    assertEquals(changed.savedAs(2), saved);
    assertEquals(Optional.of(saved), repository.find(added.id()));
  }

  @Test
  default void snapshotsSurviveASave() {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    assertEquals(Snapshots.NONE, repository.find(added.id()).orElseThrow().snapshots());
    Workspace wished =
        added
            .toldSnapshots(
                List.of(
                    new Snapshot("a", Sample.START.plusNanos(1_000_000_017), 1L << 40, true, true)),
                Optional.empty())
            .wantedWith(Goal.ROLLBACK, new SnapshotWish("token", "a"), "rolling back");
    Workspace saved = repository.save(wished, SavedMove.ROLLBACK_ASKED);
    assertEquals(Optional.of(wished.savedAs(2)), repository.find(added.id()));
    Refusal full = Refusal.of(Category.NO_CAPACITY, "disk.no-space", "full").fact("found", 7);
    Workspace setBack =
        saved.atRest(
            saved.state(),
            saved.snapshots().kept(),
            Optional.of(
                new FlatDisk(
                    Sample.START.plusNanos(17),
                    1L << 41,
                    Digest.parse("sha256:" + "5a".repeat(32)))),
            Optional.of(full),
            "not rolled back",
            Sample.START);
    repository.save(setBack, SavedMove.SNAPSHOT_FAILED);
    assertEquals(Optional.of(setBack.savedAs(3)), repository.find(added.id()));
    assertEquals(Optional.of(full), setBack.snapshots().setback());
  }

  @Test
  default void aMigrationSurvivesEachSave() {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    assertEquals(Migrations.NONE, repository.find(added.id()).orElseThrow().migrations());
    Migration wish = Migration.of("n1", "n2", Goal.RUN, true, Sample.START.plusMillis(17));
    Workspace wished =
        added.placedOn("n1", "x", Sample.START).wantedMoved(wish, "moving", Sample.START);
    Workspace saved = repository.save(wished, SavedMove.MIGRATION_ASKED);
    assertEquals(Optional.of(wished.savedAs(2)), repository.find(added.id()));
    assertEquals(Optional.of(wish), saved.migrations().now());
    Refusal full = Refusal.of(Category.NO_CAPACITY, "disk.no-space", "full").fact("found", 7);
    Workspace givenUp = saved.migrationGivenUp(full);
    repository.save(givenUp, SavedMove.MIGRATION_GIVEN_UP);
    assertEquals(Optional.of(givenUp.savedAs(3)), repository.find(added.id()));
    Workspace undone = givenUp.savedAs(3).migrationUndone("not migrated", Sample.START);
    repository.save(undone, SavedMove.MIGRATION_UNDONE);
    Workspace back = repository.find(added.id()).orElseThrow();
    assertEquals(undone.savedAs(4), back);
    assertEquals(Optional.of(full), back.migrations().setback());
    assertEquals(List.of("n2"), back.migrations().leftOn());
    assertEquals(Goal.RUN, back.goal());
  }

  @Test
  default void anOldVersionIsNotSaved() {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    Workspace saved = repository.save(added.because("newer"), SavedMove.NOTED);
    assertThrows(
        StaleWorkspaceException.class,
        () -> repository.save(added.because("older"), SavedMove.NOTED));
    assertEquals(Optional.of(saved), repository.find(added.id()));
  }

  @Test
  default void whatWasNeverAddedIsNotSaved() {
    WorkspaceRepository repository = repository();
    assertThrows(
        StaleWorkspaceException.class,
        () -> repository.save(Sample.workspace(Sample.ADA, "one").savedAs(1), SavedMove.NOTED));
  }

  @Test
  default void aTokenNamesOneWorkspaceOfItsOwner() {
    WorkspaceRepository repository = repository();
    Workspace first = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    Workspace second = repository.add(Sample.workspace(Sample.EVE, "one"), Sample.dossier());
    assertThrows(
        TokenTakenException.class,
        () -> repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier()));
    assertEquals(Optional.of(first), repository.findByToken(Sample.ADA, "one"));
    assertEquals(Optional.of(second), repository.findByToken(Sample.EVE, "one"));
    assertEquals(Optional.empty(), repository.findByToken(Sample.ADA, "two"));
    assertEquals(2, repository.unfinished().size());
  }

  @Test
  default void theEpochGrowsWithEveryMoveAndNeverByARefusedOne() {
    WorkspaceRepository repository = repository();
    ServiceIdentity before = repository.identity();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    long afterAdd = repository.identity().epoch();
    assertTrue(afterAdd > before.epoch());
    repository.save(added.because("x"), SavedMove.NOTED);
    long afterSave = repository.identity().epoch();
    assertTrue(afterSave > afterAdd);
    assertThrows(
        StaleWorkspaceException.class, () -> repository.save(added.because("y"), SavedMove.NOTED));
    assertEquals(afterSave, repository.identity().epoch());
    assertEquals(before.instance(), repository.identity().instance());
  }

  @Test
  default void unfinishedLeavesOutWhatEnded() {
    WorkspaceRepository repository = repository();
    Workspace living = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    Workspace ended = repository.add(Sample.workspace(Sample.ADA, "two"), Sample.dossier());
    repository.save(
        ended.wantedGone("x").moveTo(State.DESTROYED, "gone", Sample.START), SavedMove.DESTROYED);
    assertEquals(List.of(living), repository.unfinished());
  }

  @Test
  default void matchesAnIdItsBeginningOrAName() {
    WorkspaceRepository repository = repository();
    Workspace one = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    String id = one.id().toString();
    assertEquals(List.of(one), repository.matching(id, Optional.empty(), 5));
    assertEquals(List.of(one), repository.matching(id.substring(0, 13), Optional.empty(), 5));
    assertEquals(List.of(one), repository.matching("sl6", Optional.of(Sample.ADA), 5));
    assertEquals(List.of(), repository.matching("sl6", Optional.of(Sample.EVE), 5));
    assertEquals(List.of(), repository.matching("sl", Optional.empty(), 5));
    assertEquals(List.of(), repository.matching("%", Optional.empty(), 5));
    repository.add(Sample.workspace(Sample.ADA, "two"), Sample.dossier());
    assertEquals(2, repository.matching("sl6", Optional.empty(), 5).size());
    assertEquals(1, repository.matching("sl6", Optional.empty(), 1).size());
  }

  @Test
  default void theLivingMatchBeforeTheEnded() {
    WorkspaceRepository repository = repository();
    Workspace first = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    repository.save(
        first.wantedGone("x").moveTo(State.DESTROYED, "gone", Sample.START), SavedMove.DESTROYED);
    Workspace second = repository.add(Sample.workspace(Sample.ADA, "two"), Sample.dossier());
    assertEquals(second.id(), repository.matching("sl6", Optional.empty(), 5).get(0).id());
  }

  @Test
  default void pagesHoldEachWorkspaceOnce() {
    WorkspaceRepository repository = repository();
    List<WorkspaceId> added = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      added.add(repository.add(Sample.workspace(Sample.ADA, "t" + i), Sample.dossier()).id());
    }
    repository.add(Sample.workspace(Sample.EVE, "t"), Sample.dossier());
    WorkspaceFilter adas =
        new WorkspaceFilter(Optional.of(Sample.ADA), Set.of(), Optional.empty(), false);
    List<WorkspaceId> seen = new ArrayList<>();
    Optional<WorkspaceId> after = Optional.empty();
    while (true) {
      List<Workspace> page = repository.page(adas, after, 3);
      if (page.isEmpty()) {
        break;
      }
      page.forEach(w -> seen.add(w.id()));
      after = Optional.of(seen.get(seen.size() - 1));
    }
    assertEquals(added.size(), seen.size());
    assertTrue(seen.containsAll(added));
    assertEquals(8, repository.page(WorkspaceFilter.all(), Optional.empty(), 100).size());
  }

  @Test
  default void listsAreFilteredByStateAndName() {
    WorkspaceRepository repository = repository();
    Workspace placed = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    repository.save(placed.placedOn("n1", "x", Sample.START), SavedMove.PLACED);
    repository.add(Sample.workspace(Sample.ADA, "two"), Sample.dossier());
    WorkspaceFilter onlyPlaced =
        new WorkspaceFilter(Optional.empty(), Set.of(State.PLACED), Optional.empty(), false);
    assertEquals(1, repository.page(onlyPlaced, Optional.empty(), 10).size());
    WorkspaceFilter named =
        new WorkspaceFilter(Optional.empty(), Set.of(), Optional.of("other"), true);
    assertEquals(List.of(), repository.page(named, Optional.empty(), 10));
  }

  @Test
  default void ofManySaversOfOneVersionOneWins() throws Exception {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    long epoch = repository.identity().epoch();
    List<Boolean> won =
        atOnce(
            8,
            i -> {
              try {
                repository.save(
                    added.placedOn("n1", "by " + i, Sample.START),
                    SavedMove.PLACED,
                    Optional.of(asked(added, "start", true, i)));
                return true;
              } catch (StaleWorkspaceException e) {
                return false;
              }
            });
    assertEquals(1, won.stream().filter(w -> w).count());
    assertEquals(epoch + 1, repository.identity().epoch());
    assertEquals(2, repository.find(added.id()).orElseThrow().version());
    List<Boolean> kept =
        atOnce(8, i -> repository.asked(asked(added, "start", true, i).digest()).isPresent());
    assertEquals(won, kept);
  }

  @Test
  default void everyNodeThatItWasEverOnIsKnown() {
    WorkspaceRepository repository = repository();
    Workspace one = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    Workspace two = repository.add(Sample.workspace(Sample.ADA, "two"), Sample.dossier());
    assertEquals(Map.of(), repository.placements(List.of(one.id(), two.id())));
    one = repository.save(one.placedOn("n1", "x", Sample.START), SavedMove.PLACED);
    two = repository.save(two.placedOn("n3", "x", Sample.START), SavedMove.PLACED);
    Migration way = Migration.of("n1", "n2", Goal.RUN, false, Sample.START);
    one = repository.save(one.wantedMoved(way, "x", Sample.START), SavedMove.MIGRATION_ASKED);
    assertEquals(
        Map.of(one.id(), Set.of("n1", "n2"), two.id(), Set.of("n3")),
        repository.placements(List.of(one.id(), two.id(), Sample.id())));
    one =
        repository.save(
            one.moved(Optional.empty(), List.of(), "x", Sample.START), SavedMove.MIGRATED);
    one = repository.save(one.clearedOn("n1"), SavedMove.REMAINS_REMOVED);
    assertEquals(Set.of("n2"), one.nodes());
    assertEquals(Map.of(one.id(), Set.of("n1", "n2")), repository.placements(List.of(one.id())));
    assertEquals(Map.of(), repository.placements(List.of()));
  }

  @Test
  default void aMessageIsKeptWithWhatItChangedAndOnlyThen() {
    WorkspaceRepository repository = repository();
    Workspace added = repository.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    Workspace other = repository.add(Sample.workspace(Sample.ADA, "two"), Sample.dossier());
    assertEquals(Optional.empty(), repository.newestToRun(added.id()));
    AskedMessage start = asked(added, "start", true, 5);
    Workspace second =
        repository.save(added.because("a"), SavedMove.START_ASKED, Optional.of(start));
    AskedMessage late = asked(added, "reboot", true, 9);
    assertThrows(
        StaleWorkspaceException.class,
        () -> repository.save(added.because("b"), SavedMove.REBOOT_ASKED, Optional.of(late)));
    assertEquals(Optional.empty(), repository.asked(late.digest()));
    assertEquals(Optional.of(start.digest()), newest(repository, added));

    AskedMessage reboot = asked(added, "reboot", true, 0);
    AskedMessage rollback = asked(added, "rollback", false, 9);
    Workspace third =
        repository.save(second.because("c"), SavedMove.REBOOT_ASKED, Optional.of(reboot));
    Workspace fourth =
        repository.save(third.because("d"), SavedMove.ROLLBACK_ASKED, Optional.of(rollback));
    repository.save(
        other.because("e"), SavedMove.START_ASKED, Optional.of(asked(other, "start", true, 9)));
    assertEquals(
        Optional.of(reboot.digest()),
        newest(repository, added),
        "the one saved last, whatever the clock said");
    repository.save(fourth.because("f"), SavedMove.ROLLBACK_ASKED, Optional.of(rollback));
    AskedMessage found = repository.asked(rollback.digest()).orElseThrow();
    assertEquals(added.id(), found.workspace());
    assertEquals("rollback", found.verb());
    assertFalse(found.runs());
    assertEquals(rollback.at(), found.at());
    assertEquals(Optional.of(Sample.EVE), found.asker());
    assertEquals(found.asker(), repository.newestToRun(added.id()).orElseThrow().asker());
    assertArrayEquals(rollback.bytes(), found.bytes());
  }

  private static Optional<Digest> newest(WorkspaceRepository repository, Workspace workspace) {
    return repository.newestToRun(workspace.id()).map(AskedMessage.Reference::digest);
  }

  private static AskedMessage asked(Workspace workspace, String verb, boolean runs, long later) {
    byte[] message = (verb + workspace.id() + later).getBytes(StandardCharsets.UTF_8);
    return new AskedMessage(
        workspace.id(),
        verb,
        runs,
        Sample.START.plusSeconds(later),
        Optional.of(Sample.EVE),
        message);
  }

  @Test
  default void ofManyAddersOfOneTokenOneWins() throws Exception {
    WorkspaceRepository repository = repository();
    List<Boolean> won =
        atOnce(
            8,
            i -> {
              try {
                repository.add(Sample.workspace(Sample.ADA, "same"), Sample.dossier());
                return true;
              } catch (TokenTakenException e) {
                return false;
              }
            });
    assertEquals(1, won.stream().filter(w -> w).count());
    assertEquals(1, repository.unfinished().size());
    assertFalse(repository.findByToken(Sample.ADA, "same").isEmpty());
  }

  /** Something done by a numbered thread. */
  interface Numbered {
    boolean run(int number) throws Exception;
  }

  private static List<Boolean> atOnce(int threads, Numbered work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Boolean>> calls = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int number = i;
        calls.add(() -> work.run(number));
      }
      List<Boolean> results = new ArrayList<>();
      for (Future<Boolean> future : pool.invokeAll(calls)) {
        results.add(future.get());
      }
      return results;
    } finally {
      pool.shutdownNow();
    }
  }
}
