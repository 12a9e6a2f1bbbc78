package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.hospes.image.SignedImage;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One page of the journal is damaged while the agent is away. */
class DamagedJournalTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);

  @TempDir Path root;
  private TestNode node;
  private GuestOrder sound;
  private GuestOrder damaged;

  @BeforeEach
  void twoGuestsRunAndOnePageIsDamaged() throws Exception {
    node = new TestNode(root);
    SignedImage papers = node.images.publish(1 << 20, 1);
    sound = running(node.order(papers));
    damaged = running(node.order(papers));
    node.stop();
    Path page = page(damaged.id());
    byte[] bytes = Files.readAllBytes(page);
    bytes[30] ^= 1;
    Files.write(page, bytes);
    node.start(JournalWatcher.NONE);
    assertTrue(node.guests.settled(PATIENT));
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private GuestOrder running(GuestOrder order) throws Exception {
    node.guests.prepare(order);
    assertTrue(node.guests.settled(PATIENT));
    node.guests.start(order.id());
    assertTrue(node.guests.settled(PATIENT));
    assertEquals(GuestPhase.RUNNING, node.guests.view(order.id()).phase());
    return order;
  }

  private Path page(UUID id) {
    return root.resolve("journal").resolve(id + ".journal");
  }

  private List<UUID> domains() throws Exception {
    return node.hypervisor.list().stream().map(GuestStatus::id).toList();
  }

  @Test
  void itsDomainIsEndedLoudlyAndTheOthersKeepTheirKeeper() throws Exception {
    assertEquals(GuestPhase.RUNNING, node.guests.view(sound.id()).phase());
    assertEquals(GuestPhase.ABSENT, node.guests.view(damaged.id()).phase());
    assertEquals(Set.of(sound.id()), node.network.installed(), "its address is free");
    node.watch.look();
    node.watch.look();
    assertEquals(List.of(sound.id()), domains());
    assertEquals(List.of("domain.ended " + damaged.id()), node.audited());
    assertEquals(List.of(), node.watch.warnings(), "the watch has nothing more to do");
    assertTrue(node.journal.setAside(damaged.id()).orElseThrow().warning().contains("set aside"));

    node.clock.jump(Duration.ofHours(2));
    node.watch.look();
    assertTrue(node.guests.settled(PATIENT));
    assertEquals(List.of(), domains(), "the lease of the other is kept");
  }

  @Test
  void nothingOfItIsDeleted() throws Exception {
    node.watch.look();
    Path page = node.journal.setAside(damaged.id()).orElseThrow().page();
    assertTrue(Files.exists(page));
    assertTrue(
        node.remains(damaged.id()).stream().anyMatch(path -> path.endsWith("disk.qcow2")),
        node.remains(damaged.id()).toString());
  }

  @Test
  void whileLibvirtIsAwayTheWatchSaysSoAndEndsItAfterwards() throws Exception {
    node.hypervisor.failNext(new HypervisorException(HypervisorException.Kind.UNREACHABLE, "gone"));
    node.watch.look();
    assertTrue(node.watch.warnings().toString().contains("does not answer"));
    assertEquals(2, domains().size());
    node.watch.look();
    assertEquals(List.of(sound.id()), domains());
  }

  @Test
  void itIsNotBegunAgainOverItsOwnRemains() throws Exception {
    GuestFailedException refused =
        assertThrows(GuestFailedException.class, () -> node.guests.prepare(damaged));
    assertEquals(Failure.Category.SITE, refused.failure().category());
    assertEquals("guest.journal-damaged", refused.failure().code());
    assertEquals(GuestPhase.ABSENT, node.guests.remove(damaged.id(), "test").phase());
    // Cleared by a person, it is an id like any other.
    node.watch.look();
    node.stop();
    Files.delete(node.journal.setAside(damaged.id()).orElseThrow().page());
    node.start(JournalWatcher.NONE);
    running(damaged);
  }
}
