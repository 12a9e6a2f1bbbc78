package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.hospes.image.SignedImage;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.libvirt.LabNode;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kills of {@link KilledEverywhereTest} with real guests, and libvirtd killed besides. */
@Tag("lab")
class KilledOnQemuLabTest {
  private static LabNode lab;
  private static LibvirtHypervisor hypervisor;

  private TestNode node;

  @BeforeAll
  static void raise() throws Exception {
    lab = LabNode.raise("hvkill");
    hypervisor = LibvirtHypervisor.open(lab.settings(), Clock.systemUTC());
  }

  @AfterAll
  static void takeDown() throws Exception {
    try {
      if (hypervisor != null) {
        hypervisor.close();
      }
    } finally {
      if (lab != null) {
        lab.close();
      }
    }
  }

  @AfterEach
  void close() throws Exception {
    if (node != null) {
      node.close();
    }
    assertEquals(List.of(), hypervisor.list());
  }

  private TestNode node() throws Exception {
    Path root = lab.folder();
    node =
        new TestNode(
            root,
            hypervisor,
            new InMemoryNetwork(LabNode.BRIDGE),
            new FileDisks(
                new GuestDisks(DiskTools.usual(), hypervisor.capabilities().guestOwner())));
    return node;
  }

  static Stream<Killer.Point> points() {
    return Stream.of(
            points(Teller.Story.RUN_AND_REMOVE, write -> true),
            // QEMU's guests stand still from the beginning of their save: no line tells since when.
            points(Teller.Story.SUSPEND_AND_RESUME, write -> !write.equals("stood")),
            points(Teller.Story.SNAPSHOT_AND_ROLL_BACK, write -> write.startsWith("snapshot.")),
            points(Teller.Story.SNAPSHOT_WITH_MEMORY, write -> write.startsWith("snapshot.")))
        .flatMap(each -> each);
  }

  private static Stream<Killer.Point> points(Teller.Story story, Predicate<String> writes) {
    return KilledEverywhereTest.points(story, KilledEverywhereTest.writesOf(story))
        .filter(point -> writes.test(point.write()));
  }

  @ParameterizedTest
  @MethodSource("points")
  void theAgentKilled(Killer.Point point) throws Exception {
    node();
    node.stop();
    Killer killer = new Killer(Optional.of(point));
    node.start(killer);
    new Teller(node, killer, point.story()).tell();
    assertEquals(0, killer.dead.getCount(), "was never killed");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 50, 150, 300, 600})
  void libvirtdKilledInTheMiddleOfACreate(int millis) throws Exception {
    node();
    SignedImage papers = node.images.publish(1 << 20, 1);
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    assertTrue(node.guests.settled(Duration.ofSeconds(120)));
    Thread start = new Thread(() -> startQuietly(order.id()));
    start.start();
    Thread.sleep(millis);
    lab.libvirtd("kill");
    Thread.sleep(300);
    lab.libvirtd("start");
    start.join();
    untilRunning(order.id());
    node.guests.remove(order.id(), "the test is over");
    assertTrue(node.guests.settled(Duration.ofSeconds(120)));
    assertEquals(GuestPhase.ABSENT, node.guests.view(order.id()).phase());
  }

  private void startQuietly(UUID id) {
    try {
      node.guests.start(id);
    } catch (GuestFailedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void untilRunning(UUID id) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    while (node.guests.view(id).phase() != GuestPhase.RUNNING) {
      if (System.nanoTime() > end) {
        throw new AssertionError("stands at " + node.guests.view(id));
      }
      Thread.sleep(100);
    }
    List<GuestStatus> all = hypervisor.list();
    assertEquals(1, all.size(), all.toString());
    assertEquals(id, all.get(0).id());
    assertEquals(GuestState.RUNNING, all.get(0).state());
  }

  @Test
  void aCachedImageKeepsOwnerModeAndInode() throws Exception {
    node();
    SignedImage papers = node.images.publish(1 << 20, 1);
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    assertTrue(node.guests.settled(Duration.ofSeconds(120)));
    Path file = node.guests.view(order.id()).record().orElseThrow().base().orElseThrow().file();
    String facts = "unix:uid,gid,mode,ino,ctime";
    Map<String, Object> before = Files.readAttributes(file, facts);
    node.guests.start(order.id());
    untilRunning(order.id());
    node.guests.remove(order.id(), "the test is over");
    assertTrue(node.guests.settled(Duration.ofSeconds(120)));
    assertEquals(before, Files.readAttributes(file, facts));
    node.stop();
    node.start(JournalWatcher.NONE);
  }
}
