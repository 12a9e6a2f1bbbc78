package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.libvirt.XenLab;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The kills of {@link KilledEverywhereTest} at each hook that has to do with the domain, done and
 * undone, with real guests of a real Xen. Runs in the first domain, by {@code TestsByHand}.
 */
final class KilledOnXen {
  private static final String BRIDGE = "killed0";

  /** From the domain on; before and after, nothing of a guest is Xen's. */
  private static final List<String> HOOKS = List.of("domain", "compared", "sandboxed", "resumed");

  private static Path folder;
  private static LibvirtHypervisor hypervisor;
  private static Path disk;

  private TestNode node;

  @BeforeAll
  static void raise() throws Exception {
    hypervisor = LibvirtHypervisor.open(XenLab.settings());
    folder = Files.createTempDirectory(Path.of("/var/lib/hospes"), "killed");
    disk = Files.write(folder.resolve("greeting.raw"), XenLab.disk(folder));
    XenLab.run("ip", "link", "add", BRIDGE, "type", "bridge");
  }

  @AfterAll
  static void takeDown() throws Exception {
    if (hypervisor != null) {
      hypervisor.close();
    }
    XenLab.run("ip", "link", "del", BRIDGE);
    XenLab.run("rm", "-rf", folder.toString());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    node.close();
    assertEquals(List.of(), hypervisor.list());
    assertFalse(XenLab.run("ip", "-o", "link").contains(" hg"), "a guest's interface is left");
    assertEquals(
        2, XenLab.run("xl", "list").lines().count(), "the first domain and a line above it");
  }

  static Stream<Teller.Point> points() {
    Teller.Story story = Teller.Story.RUN_AND_REMOVE;
    return KilledEverywhereTest.points(story, KilledEverywhereTest.writesOf(story))
        .filter(point -> HOOKS.stream().anyMatch(hook -> point.write().endsWith("done." + hook)));
  }

  @ParameterizedTest
  @MethodSource("points")
  void theAgentKilled(Teller.Point point) throws Exception {
    node =
        new TestNode(
            folder,
            hypervisor,
            new InMemoryNetwork(BRIDGE),
            new FileDisks(
                new GuestDisks(DiskTools.usual(), hypervisor.capabilities().guestOwner())));
    node.pace = Duration.ofMinutes(3);
    node.boots(disk);
    node.stop();
    Teller.Killer killer = new Teller.Killer(Optional.of(point));
    node.start(killer);
    new Teller(node, killer, point.story()).tell();
    assertEquals(0, killer.dead.getCount(), "was never killed");
  }
}
