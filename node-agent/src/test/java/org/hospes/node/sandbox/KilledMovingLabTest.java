package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.libvirt.LabNode;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The kills of {@link KilledEverywhereTest} at each line that tells of a guest that changes its
 * node, with real guests on two nodes.
 */
@Tag("lab")
class KilledMovingLabTest {
  private static final Set<String> WRITES = Set.of("handed-over", "taken-back", "arrived");

  private static LabNode one;
  private static LabNode two;
  private static LibvirtHypervisor here;
  private static LibvirtHypervisor there;

  @BeforeAll
  static void raise() throws Exception {
    one = LabNode.raise("hvkmove");
    two = one.second();
    here = LibvirtHypervisor.open(one.settings(), Clock.systemUTC());
    there = LibvirtHypervisor.open(two.settings(), Clock.systemUTC());
  }

  @AfterAll
  static void takeDown() throws Exception {
    try {
      for (LibvirtHypervisor hypervisor : new LibvirtHypervisor[] {here, there}) {
        if (hypervisor != null) {
          hypervisor.close();
        }
      }
    } finally {
      if (two != null) {
        two.close();
      }
      if (one != null) {
        one.close();
      }
    }
  }

  static Stream<Killer.Point> points() {
    return Stream.of(Teller.Story.LEAVES, Teller.Story.COMES)
        .flatMap(story -> KilledEverywhereTest.points(story, KilledEverywhereTest.writesOf(story)))
        .filter(point -> WRITES.contains(point.write()));
  }

  @ParameterizedTest
  @MethodSource("points")
  void theAgentKilled(Killer.Point point) throws Exception {
    FileDisks disks =
        new FileDisks(new GuestDisks(DiskTools.usual(), here.capabilities().guestOwner()));
    InMemoryNetwork network = new InMemoryNetwork(LabNode.BRIDGE);
    try (TestNode node = new TestNode(one.folder(), here, network, disks)) {
      node.elsewhere = Optional.of(there);
      node.stop();
      Killer killer = new Killer(Optional.of(point));
      node.start(killer);
      new Teller(node, killer, point.story()).tell();
      assertEquals(0, killer.dead.getCount(), "was never killed");
    }
    assertEquals(List.of(), here.list());
    assertEquals(List.of(), there.list());
  }
}
