package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.OnCrash;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests that are gone without anybody having ended them. */
class ComebacksTest {
  @TempDir Path root;
  private TestNode node;

  @BeforeEach
  void bring() {
    node = new TestNode(root);
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private UUID running(OnCrash onCrash) throws Exception {
    GuestOrder order = node.order(UUID.randomUUID(), node.images.publish(1 << 20, 1), onCrash);
    node.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(order.id()));
    node.guests.start(order.id());
    assertEquals(GuestPhase.RUNNING, settled(order.id()));
    return order.id();
  }

  private GuestPhase settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  private GuestPhase goes(UUID id, GuestEnd how) throws InterruptedException {
    node.hypervisor.guestGoes(id, how);
    node.watch.look();
    return settled(id);
  }

  private GuestRecord record(UUID id) {
    return node.guests.view(id).record().orElseThrow();
  }

  private long starts(UUID id) {
    return node.hypervisor.calls().stream().filter(c -> c.equals("startPaused " + id)).count();
  }

  @Test
  void oneThatRebootsRunsAgainWithTheDiskThatItLeft() throws Exception {
    UUID id = running(OnCrash.END);
    Path disk = root.resolve("guests").resolve(id.toString()).resolve("disk.qcow2");
    Files.writeString(disk, "what the guest wrote");
    assertEquals(GuestPhase.RUNNING, goes(id, GuestEnd.REBOOTED));
    assertEquals("what the guest wrote", Files.readString(disk));
    assertEquals(2, starts(id));
    List<String> moments = record(id).moments().stream().map(GuestRecord.Moment::what).toList();
    List<String> after = moments.subList(moments.indexOf("rebooted itself"), moments.size());
    assertTrue(
        after.indexOf("disk sealed") < after.indexOf("verified")
            && after.indexOf("verified") < after.indexOf("started"),
        "sealed and verified before it runs: " + moments);
    assertEquals(Optional.empty(), record(id).crash());
  }

  @Test
  void oneThatCrashesIsAtItsEndUnlessOrderedOtherwise() throws Exception {
    UUID id = running(OnCrash.END);
    node.hypervisor.print(id, "\u001b[31mKernel panic\u001b[0m - not syncing: \uffffsysrq\r\n");
    assertEquals(GuestPhase.FAILED, goes(id, GuestEnd.CRASHED));
    Failure failure = record(id).failure().orElseThrow();
    assertEquals("guest.crashed", failure.code());
    assertTrue(
        failure.facts().get("console").endsWith("[31mKernel panic[0m - not syncing: ?sysrq"),
        failure.facts().toString());
    assertEquals(1, starts(id));
  }

  @Test
  void oneThatFoundNothingToBootHasFailedWhateverWasOrdered() throws Exception {
    UUID id = running(OnCrash.RESTART);
    node.hypervisor.print(id, "error: file `/boot/vmlinuz' not found.\r\n");
    assertEquals(GuestPhase.FAILED, goes(id, GuestEnd.NEVER_BOOTED));
    Failure failure = record(id).failure().orElseThrow();
    assertEquals("guest.boot.nothing", failure.code());
    assertTrue(failure.facts().get("console").endsWith("vmlinuz' not found."));
    assertEquals(1, starts(id));
  }

  @Test
  void oneThatIsToBeRestartedRunsAgainAndKeepsItsLastLines() throws Exception {
    UUID id = running(OnCrash.RESTART);
    node.hypervisor.print(id, "line\n".repeat(200) + "Kernel panic\n");
    assertEquals(GuestPhase.RUNNING, goes(id, GuestEnd.CRASHED));
    assertEquals(2, starts(id));
    List<String> lines = record(id).crash().orElseThrow().console().lines().toList();
    assertEquals(100, lines.size());
    assertEquals("Kernel panic", lines.get(99));
    node.stop();
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(lines, record(id).crash().orElseThrow().console().lines().toList());
  }

  @Test
  void oneThatCrashesOverAndOverIsGivenUp() throws Exception {
    UUID id = running(OnCrash.RESTART);
    for (int i = 0; i < Comebacks.MOST; i++) {
      assertEquals(GuestPhase.RUNNING, goes(id, GuestEnd.CRASHED));
    }
    assertEquals(GuestPhase.FAILED, goes(id, GuestEnd.CRASHED));
    assertEquals("guest.crashes", record(id).failure().orElseThrow().code());
    assertEquals(1 + Comebacks.MOST, starts(id));
    assertEquals(List.of(), node.machine.list());
  }

  @Test
  void whatWasLongAgoDoesNotCount() throws Exception {
    UUID id = running(OnCrash.RESTART);
    for (int i = 0; i < Comebacks.MOST; i++) {
      assertEquals(GuestPhase.RUNNING, goes(id, GuestEnd.REBOOTED));
    }
    node.clock.jump(Comebacks.WITHIN.plusSeconds(1));
    assertEquals(GuestPhase.RUNNING, goes(id, GuestEnd.REBOOTED));
    for (int i = 1; i < Comebacks.MOST; i++) {
      assertEquals(GuestPhase.RUNNING, goes(id, GuestEnd.CRASHED));
    }
    assertEquals(GuestPhase.FAILED, goes(id, GuestEnd.REBOOTED));
    assertEquals("guest.reboots", record(id).failure().orElseThrow().code());
  }

  @Test
  void whatNobodySawIsAnEnd() throws Exception {
    UUID id = running(OnCrash.RESTART);
    assertEquals(GuestPhase.ENDED, goes(id, GuestEnd.UNSEEN));
    assertTrue(record(id).ended().orElseThrow().contains("not seen"));
    UUID other = running(OnCrash.RESTART);
    node.stop();
    node.hypervisor.guestGoes(other, GuestEnd.CRASHED);
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.ENDED, settled(other));
    assertTrue(record(other).ended().orElseThrow().contains("when the agent came back"));
    assertFalse(record(other).failure().isPresent());
  }
}
