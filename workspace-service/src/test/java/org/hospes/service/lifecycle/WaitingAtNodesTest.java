package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that a node holds back until there is news: soon told, and nobody else's time. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitingAtNodesTest {
  private static final Duration FOR_EVER = Duration.ofHours(1);

  private final DrivenSite site = new DrivenSite();

  @AfterEach
  void stop() {
    site.close();
  }

  private void staging(Duration wait) {
    site.times = DrivenSite.waiting(wait);
    site.node("n1").cluster.slowPreparation("n1", Integer.MAX_VALUE);
    site.start();
  }

  private static void until(BooleanSupplier what) throws InterruptedException {
    while (!what.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  @Test
  void theEndOfAStagingIsHeardAtOnceAndAskedForOnce() throws Exception {
    staging(FOR_EVER);
    Workspace placed = site.await(site.ask("t").id(), State.PLACED);
    until(() -> site.cluster.waiting("n1") == 1);
    site.cluster.set("n1", placed.id(), GuestPhase.PREPARED);
    site.await(placed.id(), State.RUNNING);
    assertEquals(List.of("n1 prepare", "n1 start"), site.cluster.calls().subList(0, 2));
  }

  @Test
  void whatIsStillAtWorkIsAskedAgainAndNotOrderedAgain() throws Exception {
    staging(Duration.ofMillis(20));
    Workspace placed = site.await(site.ask("t").id(), State.PLACED);
    until(() -> site.cluster.calls().size() > 5);
    assertEquals(State.PLACED, site.get(placed.id()).state());
    site.cluster.set("n1", placed.id(), GuestPhase.PREPARED);
    site.await(placed.id(), State.RUNNING);
    assertEquals(1, site.cluster.calls().stream().filter("n1 prepare"::equals).count());
  }

  @Test
  void aWishToDestroyIsTakenUpWhenTheWaitIsOver() throws Exception {
    staging(Duration.ofMillis(50));
    Workspace placed = site.await(site.ask("t").id(), State.PLACED);
    until(() -> site.cluster.waiting("n1") == 1);
    site.driver().destroy(placed.id(), "/CN=Ada");
    site.await(placed.id(), State.DESTROYED);
    assertEquals(Set.of(), site.cluster.guests("n1"));
  }

  @Test
  void fewWaitAtOneNodeAndTheOthersMoveOn() throws Exception {
    staging(FOR_EVER);
    List<Workspace> many = Stream.of("a", "b", "c", "d", "e").map(site::ask).toList();
    until(() -> site.cluster.guests("n1").size() == 5 && site.cluster.waiting("n1") == 2);
    // Two of the four threads wait; the other two ask for the rest, here and elsewhere.
    int before = site.cluster.calls().size();
    until(() -> site.cluster.calls().size() > before + 10);
    site.node("n2", Sample.IMAGE);
    site.await(site.ask("f").id(), State.RUNNING);
    assertEquals(2, site.cluster.waiting("n1"));
    many.forEach(w -> site.cluster.set("n1", w.id(), GuestPhase.PREPARED));
  }
}
