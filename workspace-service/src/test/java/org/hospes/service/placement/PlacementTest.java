package org.hospes.service.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hospes.service.node.InMemoryCluster;
import org.hospes.service.node.InMemoryDrains;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.workspace.Order;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.SettableClock;
import org.hospes.service.workspace.State;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;

class PlacementTest {
  private static final long GIB = 1L << 30;
  private final SettableClock clock = new SettableClock(Sample.START);
  private final NodeRegistry registry = new NodeRegistry(clock, Duration.ofSeconds(30), List::of);
  private final InMemoryCluster cluster = new InMemoryCluster(registry, clock);
  private final InMemoryDrains drains = new InMemoryDrains();
  private final Placement placement = new Placement(registry, drains);

  @Test
  void theRoomiestNodeIsChosenUnlessAnotherHoldsTheImage() {
    cluster.with("small", new Resources(4, 4 * GIB, 50 * GIB));
    cluster.with("large", new Resources(4, 9 * GIB, 50 * GIB));
    assertEquals(Optional.of("large"), chosen(asking(1, GIB, 0), List.of()));
    cluster.with("holder", new Resources(4, GIB, 50 * GIB), Sample.IMAGE);
    assertEquals(Optional.of("holder"), chosen(asking(1, GIB, 0), List.of()));
    assertEquals(Optional.of("large"), chosen(asking(1, 2 * GIB, 0), List.of()));
  }

  @Test
  void drainedNodesAreNotChosenUntilTheyAreOpenedAgain() {
    cluster.with("n1", new Resources(4, 4 * GIB, 50 * GIB), Sample.IMAGE);
    cluster.with("n2", new Resources(4, 4 * GIB, 50 * GIB));
    Order order = asking(1, GIB, 0);
    DistinguishedName olivia = DistinguishedName.parse("/CN=Olivia");
    drains.drain("n1", olivia, clock.instant(), false);
    assertEquals(Optional.of("n2"), chosen(order, List.of()));
    drains.drain("n2", olivia, clock.instant(), false);
    assertEquals(Optional.empty(), chosen(order, List.of()));
    assertTrue(placement.whyNot(order, List.of()).contains("closed every node"));
    assertEquals(Optional.empty(), placement.impossible(order), "they may be opened again");
    drains.undrain("n1");
    assertEquals(Optional.of("n1"), chosen(order, List.of()));
  }

  @Test
  void silentNodesAreNotChosen() {
    cluster.with("n1", new Resources(4, 4 * GIB, 50 * GIB));
    clock.pass(Duration.ofSeconds(31));
    assertEquals(Optional.empty(), chosen(asking(1, GIB, 0), List.of()));
  }

  @Test
  void whatIsReservedIsNotGivenTwiceScratchIncluded() {
    cluster.with("n1", new Resources(4, 4 * GIB, 10 * GIB));
    Workspace there = placed(asking(3, GIB, 8 * GIB));
    assertEquals(Optional.empty(), chosen(asking(2, GIB, 0), List.of(there)));
    assertEquals(Optional.empty(), chosen(asking(1, GIB, 3 * GIB), List.of(there)));
    assertEquals(Optional.of("n1"), chosen(asking(1, GIB, GIB), List.of(there)));
    Workspace silent = there.moveTo(State.UNKNOWN, "x", Sample.START);
    assertEquals(Optional.empty(), chosen(asking(2, GIB, 0), List.of(silent)));
    Workspace gone = there.wantedGone("x").moveTo(State.DESTROYED, "x", Sample.START);
    assertEquals(Optional.of("n1"), chosen(asking(4, 4 * GIB, 0), List.of(gone)));
  }

  @Test
  void anImageThatMustBeFetchedNeedsRoomToo() {
    cluster.with("n1", new Resources(4, 4 * GIB, 40 << 20));
    assertEquals(Optional.empty(), chosen(asking(1, GIB, 0), List.of()));
  }

  @Test
  void whatNoNodeEverHasIsImpossibleWhatIsOnlyTakenIsNot() {
    assertEquals(Optional.empty(), placement.impossible(asking(1, GIB, 0)));
    cluster.with("n1", new Resources(4, 4 * GIB, 50 * GIB));
    assertEquals(Optional.empty(), placement.impossible(asking(4, GIB, 0)));
    Refusal refusal = placement.impossible(asking(5, GIB, 0)).orElseThrow();
    assertEquals(Refusal.Category.NO_CAPACITY, refusal.category());
    assertTrue(refusal.message().contains("n1: 4 CPUs"), refusal.message());
    assertTrue(placement.impossible(asking(1, GIB, 51 * GIB)).isPresent());
  }

  @Test
  void aSiteWithoutNodesSaysSoOnceItHadTheTimeToHearOfThem() {
    assertEquals(Optional.empty(), placement.impossible(asking(1, GIB, 0)));
    clock.pass(Duration.ofSeconds(31));
    assertEquals("capacity.no-node", placement.impossible(asking(1, GIB, 0)).orElseThrow().code());
  }

  private Optional<String> chosen(Order order, List<Workspace> reserved) {
    return placement.choose(order, reserved).map(Node::name);
  }

  private static Workspace placed(Order order) {
    return Workspace.requested(Sample.id(), order, Sample.START).placedOn("n1", "x", Sample.START);
  }

  private static Order asking(int cpus, long memory, long scratch) {
    Order usual = Sample.order(Sample.ADA, "t");
    return new Order(
        usual.name(),
        usual.owner(),
        usual.clientToken(),
        usual.requestDigest(),
        usual.image(),
        new Resources(cpus, memory, scratch),
        usual.forwards(),
        usual.onCrash(),
        usual.lease());
  }
}
