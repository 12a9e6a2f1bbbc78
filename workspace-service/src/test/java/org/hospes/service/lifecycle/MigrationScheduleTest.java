package org.hospes.service.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is wished, and whatever fails meanwhile, in whatever order: a guest never lives on two
 * nodes, never goes on from anything older than what it left last, and in the end nothing of it is
 * left. A seed that finds a fault is a test of its own from then on.
 */
class MigrationScheduleTest {
  private static final List<String> NODES = List.of("n1", "n2", "n3");
  private static final int EVENTS = 40;
  private static final String ADA = "/CN=Ada";

  private static final AtomicInteger MOVED = new AtomicInteger();
  private static final AtomicInteger STAYED = new AtomicInteger();

  @AfterAll
  static void theSchedulesDidWhatTheyAreFor() {
    assertTrue(MOVED.get() > 15 && STAYED.get() > 10, MOVED + " moved, " + STAYED + " stayed");
  }

  static IntStream seeds() {
    return IntStream.range(0, 60);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void neverTwiceAndNeverFromSomethingOlder(int seed) {
    Random random = new Random(seed);
    try (DrivenSite site = new DrivenSite()) {
      NODES.forEach(site::node);
      site.start();
      WorkspaceId id = site.await(site.ask("t").id(), State.RUNNING).id();
      List<String> told = new ArrayList<>();
      for (int i = 0; i < EVENTS && !site.get(id).ended(); i++) {
        told.add(event(site, id, random));
        site.pause(random.nextInt(8));
      }
      NODES.forEach(
          node -> {
            site.cluster.slowToReceive(node, 0);
            site.cluster.slowToCopyAhead(node, 0);
            site.cluster.restore(node);
            site.driver().nodeHeard(node);
          });
      Workspace last =
          site.await(
              id,
              w ->
                  w.ended()
                      || (w.migrations().now().isEmpty() && w.migrations().leftOn().isEmpty()),
              "it to come to rest, after " + told);
      assertEquals(List.of(), site.cluster.violations(), () -> told + " " + last);
      MOVED.addAndGet(count(last, "MIGRATED"));
      STAYED.addAndGet(count(last, "NOT_MIGRATED"));
      site.driver().destroy(id, ADA);
      Workspace ended = site.await(id, Workspace::ended, "an end");
      for (String node : NODES) {
        assertEquals(Set.of(), site.cluster.guests(node), () -> told + " " + ended);
        assertEquals(Set.of(), site.cluster.ahead(node), () -> told + " " + ended);
      }
      assertEquals(Optional.empty(), ended.refusal(), () -> told + " " + ended);
    }
  }

  private static int count(Workspace workspace, String what) {
    return (int) workspace.timeline().stream().filter(m -> m.what().equals(what)).count();
  }

  /** Something happens; what, for people. */
  private static String event(DrivenSite site, WorkspaceId id, Random random) {
    String node = NODES.get(random.nextInt(NODES.size()));
    int what = random.nextInt(16);
    switch (what) {
      case 0, 1, 2, 3 -> {
        boolean cold = random.nextInt(4) == 0;
        return "migrate to "
            + node
            + wished(() -> site.wishes().migrate(id, Optional.of(node), cold, ADA));
      }
      case 4 -> {
        return "stop" + wished(() -> site.wishes().stop(id, Duration.ofSeconds(9), ADA));
      }
      case 5 -> {
        return "start" + wished(() -> site.wishes().start(id, ADA));
      }
      case 6 -> {
        return "suspend" + wished(() -> site.wishes().suspend(id, ADA));
      }
      case 7 -> {
        return "resume" + wished(() -> site.wishes().resume(id, ADA));
      }
      case 8 -> {
        site.cluster.deafen(node);
        return node + " deaf";
      }
      case 9 -> {
        site.cluster.cutOff(node);
        site.pass(DrivenSite.SILENT_AFTER.plusSeconds(5));
        return node + " silent";
      }
      case 10 -> {
        site.cluster.restore(node);
        site.driver().nodeHeard(node);
        return node + " back";
      }
      case 11 -> {
        site.cluster.failNextReception(
            node, Refusal.of(Refusal.Category.NO_CAPACITY, "disk.no-space", "full"));
        return node + " full";
      }
      case 12 -> {
        site.cluster.slowToCopyAhead(node, random.nextInt(20));
        return node + " slow to copy";
      }
      case 13 -> {
        site.cluster.refuseNextExpectation(
            node, Refusal.of(Refusal.Category.NO_CAPACITY, "guest.expected.too-many", "enough"));
        return node + " copies nothing ahead";
      }
      case 14 -> {
        site.cluster.slowToReceive(node, random.nextInt(20));
        return node + " slow";
      }
      default -> {
        site.start();
        return "service restarted";
      }
    }
  }

  private static String wished(Runnable wish) {
    try {
      wish.run();
      return "";
    } catch (RefusedException e) {
      return " (" + e.refusal().code() + ")";
    }
  }
}
