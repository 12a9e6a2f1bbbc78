package org.hospes.service.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.hospes.service.workspace.InMemoryWorkspaceRepository;
import org.hospes.service.workspace.Owner;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SavedMove;
import org.hospes.service.workspace.State;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Quotas are looked at and used with nothing between, and nobody waits for ever. */
class QuotaLocksTest {
  private final QuotaLocks locks = new QuotaLocks();

  private static Owner owner(DistinguishedName dn, String vo) {
    return new Owner(dn, Optional.of(vo));
  }

  @Test
  @Timeout(60)
  void twoOfOneVirtualOrganisationNeverLookAtTheSameTime() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch secondIsThere = new CountDownLatch(2);
    Callable<Void> ada = () -> look(owner(Sample.ADA, "atlas"), inside, most, secondIsThere);
    Callable<Void> eve = () -> look(owner(Sample.EVE, "atlas"), inside, most, secondIsThere);
    inParallel(List.of(ada, eve));
    assertEquals(1, most.get());
    assertEquals(0, inside.get());
  }

  /** Waits for the other one, which is only there at the same time where nothing keeps it out. */
  private Void look(Owner owner, AtomicInteger inside, AtomicInteger most, CountDownLatch other) {
    return locks.alone(
        owner,
        true,
        () -> {
          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
          other.countDown();
          try {
            boolean unused = other.await(200, TimeUnit.MILLISECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          inside.decrementAndGet();
          return null;
        });
  }

  @Test
  @Timeout(60)
  void manyOfManyNeverWaitForEachOther() throws Exception {
    AtomicInteger done = new AtomicInteger();
    List<Callable<Void>> everybody = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Owner owner = owner(new DistinguishedName("/CN=" + i % 7), List.of("a", "b", "c").get(i % 3));
      everybody.add(
          () -> {
            locks.alone(owner, true, done::incrementAndGet);
            return null;
          });
    }
    inParallel(everybody);
    assertEquals(200, done.get());
  }

  @Test
  void whatCountsIsWhateverHasNotEnded() {
    InMemoryWorkspaceRepository store = new InMemoryWorkspaceRepository();
    RunPolicy policy =
        SamplePolicy.of(
            SamplePolicy.organisation(SamplePolicy.person(9, 9, 1 << 30), "demo", 9),
            Duration.ofDays(1),
            false);
    var first = store.add(Sample.workspace(Sample.ADA, "one"), Sample.dossier());
    var second = store.add(Sample.workspace(Sample.EVE, "two"), Sample.dossier());
    store.add(Sample.workspace(Sample.EVE, "three"), Sample.dossier());
    Rights rights = new Rights(() -> policy, store);
    RunRequest request =
        new RunRequest(
            owner(Sample.ADA, "demo"), Optional.empty(), Resources.NONE, Optional.empty());
    assertEquals(
        new Usage(
            new Usage.Amount(1, 1, 256 * Sample.MIB), new Usage.Amount(3, 3, 768 * Sample.MIB)),
        rights.used(policy, request, Optional.empty()));
    assertEquals(
        new Usage(Usage.Amount.NOTHING, new Usage.Amount(2, 2, 512 * Sample.MIB)),
        rights.used(policy, request, Optional.of(first)));
    store.save(
        second.wantedGone("x").moveTo(State.DESTROYED, "x", Sample.START), SavedMove.DESTROYED);
    assertEquals(2, rights.used(policy, request, Optional.empty()).organisation().workspaces());
  }

  private static void inParallel(List<Callable<Void>> all) throws Exception {
    ExecutorService people = Executors.newFixedThreadPool(16);
    try {
      for (Future<Void> one : people.invokeAll(all)) {
        one.get();
      }
    } finally {
      people.shutdownNow();
    }
  }
}
