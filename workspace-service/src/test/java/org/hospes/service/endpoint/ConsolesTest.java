package org.hospes.service.endpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.hospes.service.node.ConsoleChunk;
import org.hospes.service.node.GuestPhase;
import org.hospes.service.node.InMemoryCluster;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.workspace.Goal;
import org.hospes.service.workspace.Migration;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SettableClock;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who follows a console is told of its end when there is one, and not before. */
class ConsolesTest {
  private static final int ALL = "booting\nlogin: ".length();

  private static final Workspace RUNNING =
      Sample.workspace(Sample.ADA, "t")
          .placedOn("n1", "placed", Sample.START)
          .moveTo(State.STAGED, "staged", Sample.START)
          .moveTo(State.RUNNING, "runs", Sample.START);

  private final SettableClock clock = new SettableClock(Sample.START);
  private final NodeRegistry registry = new NodeRegistry(clock, Duration.ofSeconds(30), List::of);
  private final InMemoryCluster cluster =
      new InMemoryCluster(registry, clock).with("n1", new Resources(8, 8L << 30, 100L << 30));
  private final Consoles consoles = new Consoles(registry, cluster);

  /** What is told at the end of the output of a guest in that phase. */
  private boolean ended(Workspace workspace, GuestPhase phase) {
    cluster.set("n1", workspace.id(), phase);
    ConsoleChunk chunk = consoles.read(workspace, ALL, 100);
    assertEquals(ALL, chunk.nextOffset());
    assertEquals(0, chunk.bytes().length);
    return chunk.ended();
  }

  @ParameterizedTest
  @EnumSource(
      value = Goal.class,
      names = {"RUN", "PAUSE", "REBOOT"})
  void oneThatIsToRunWritesMoreThoughItIsOff(Goal goal) {
    Workspace wanted = RUNNING.wanted(goal, "wanted");
    assertFalse(ended(wanted, GuestPhase.STOPPED));
    assertFalse(ended(wanted, GuestPhase.SUSPENDED));
    assertFalse(ended(wanted, GuestPhase.ABSENT));
  }

  @ParameterizedTest
  @EnumSource(
      value = Goal.class,
      names = {"RUN", "PAUSE", "REBOOT", "MIGRATE"},
      mode = EnumSource.Mode.EXCLUDE)
  void oneThatIsToRestWritesNoMoreOnceItDoes(Goal goal) {
    Workspace wanted = RUNNING.wanted(goal, "wanted");
    assertFalse(ended(wanted, GuestPhase.STOPPING), "it may still write");
    assertTrue(ended(wanted, GuestPhase.STOPPED));
    assertTrue(ended(wanted, GuestPhase.SUSPENDED));
    assertTrue(ended(wanted, GuestPhase.ABSENT));
  }

  @Test
  void oneOnItsWayGoesOnWhereItRan() {
    Workspace moves = RUNNING.wantedMoved(wish(Goal.RUN), "wanted", Sample.START);
    assertFalse(ended(moves, GuestPhase.SUSPENDED));
    Workspace rests = RUNNING.wantedMoved(wish(Goal.STOP), "wanted", Sample.START);
    assertTrue(ended(rests, GuestPhase.STOPPED));
  }

  private static Migration wish(Goal then) {
    return Migration.of("n1", "n2", then, false, Sample.START);
  }

  @Test
  void oneThatEndedByItselfIsFollowedNoMore() {
    Workspace gone = RUNNING.wantedGone("the guest ended by itself");
    assertTrue(ended(gone, GuestPhase.ENDED));
    Workspace ended = gone.moveTo(State.DESTROYED, "removed", Sample.START);
    assertTrue(ended(ended, GuestPhase.ABSENT));
  }
}
