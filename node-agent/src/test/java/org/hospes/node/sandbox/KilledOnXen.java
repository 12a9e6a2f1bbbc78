package org.hospes.node.sandbox;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.journal.HookName;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.libvirt.XenLab;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * One guest of a real Xen, whose agent is killed before and after every write of its story, one
 * after the other: at all that its hooks do and undo. Each agent is made anew in the same Java, cut
 * off where it is to die; a start of Java takes longer there than all else. Runs in the first
 * domain, by {@code TestsByHand}.
 */
final class KilledOnXen {
  private static final String BRIDGE = "killed0";

  private static Path folder;
  private static LibvirtHypervisor hypervisor;
  private static Path disk;

  private TestNode node;

  @BeforeAll
  static void raise() throws Exception {
    hypervisor = LibvirtHypervisor.open(XenLab.settings(), Clock.systemUTC());
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

  @Test
  void theAgentKilledAtEveryHookInTurn() throws Exception {
    List<Killer.Point> points = KilledEverywhereTest.inTurn(Teller.Story.RUN_AND_REMOVE);
    Set<String> writes = points.stream().map(Killer.Point::write).collect(toSet());
    for (HookName hook : HookName.values()) {
      String name = hook.name().toLowerCase(Locale.ROOT);
      assertTrue(writes.containsAll(Set.of("done." + name, "undone." + name)), name);
    }
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
    Killer killer = new Killer(points);
    node.start(killer);
    Teller teller = new Teller(node, killer, Teller.Story.RUN_AND_REMOVE);
    teller.tell();
    assertEquals(List.of(), teller.left(), "of " + points.size() + " points");
  }
}
