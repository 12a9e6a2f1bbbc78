package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import org.hospes.node.hypervisor.GuestLimits;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.Limit;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What guests may take of processors and disks, as the node's settings have it. */
class RestraintsTest {
  private static final GuestCaps CAPS = new GuestCaps(OptionalInt.of(50), OptionalLong.of(1 << 20));

  /** The guests of these tests have one processor. */
  private static final GuestLimits HELD =
      new GuestLimits(OptionalInt.of(50), OptionalLong.of(1 << 20));

  @TempDir Path root;
  private TestNode node;

  @BeforeEach
  void bring() {
    node = new TestNode(root);
    restart(CAPS);
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private void restart(GuestCaps caps) {
    node.stop();
    node.caps = caps;
    node.start(JournalWatcher.NONE);
  }

  private UUID started() throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    node.guests.prepare(order);
    settled(order.id());
    node.guests.start(order.id());
    return order.id();
  }

  private GuestPhase settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  @Test
  void aGuestIsHeldToThemBeforeItsFirstInstruction() throws Exception {
    UUID id = started();
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(HELD, node.hypervisor.limits(id));
    List<String> calls = node.hypervisor.calls();
    assertTrue(calls.indexOf("limit " + id) < calls.indexOf("limits " + id), calls.toString());
    assertTrue(calls.indexOf("limits " + id) < calls.indexOf("resume " + id), calls.toString());
  }

  @Test
  void whatIsNotKeptKeepsTheGuestFromRunning() throws Exception {
    node.hypervisor.forgetLimits();
    UUID id = started();
    assertEquals(GuestPhase.FAILED, settled(id));
    assertEquals(
        Optional.of("sandbox.limits.differ"),
        node.journal.find(id).orElseThrow().failure().map(failure -> failure.code()));
    assertTrue(node.hypervisor.calls().stream().noneMatch(call -> call.startsWith("resume")));
    assertEquals(List.of(), node.hypervisor.list());
  }

  @Test
  void whatSomebodyChangedIsPutBackAndSaidLoudly() throws Exception {
    UUID first = started();
    UUID second = started();
    settled(second);
    List<String> told = new ArrayList<>();
    SandboxWatch watch =
        new SandboxWatch(
            node.network,
            node.restraints(),
            node.guests,
            (event, facts) -> told.add(event + " " + facts.get("found").contains(second + "")),
            new SimpleMeterRegistry());
    watch.look();
    assertEquals(List.of(), told);
    node.hypervisor.tamper(second, GuestLimits.NONE);
    watch.look();
    assertEquals(List.of("sandbox.restored true"), told);
    assertEquals(HELD, node.hypervisor.limits(first));
    assertEquals(HELD, node.hypervisor.limits(second));
    // One that ended since the journal was read is nobody's fault; one that cannot be held is told.
    node.hypervisor.guestEndsItself(first);
    watch.look();
    assertEquals(Optional.empty(), watch.warning());
    node.hypervisor.tamper(second, GuestLimits.NONE);
    node.hypervisor.cannotHoldTo(Limit.DISK_RATE);
    watch.look();
    assertTrue(watch.warning().orElseThrow().contains("cannot be upheld"));
  }

  @Test
  void guestsThatRunAreHeldToWhatTheSettingsSayWhenTheAgentComesBack() throws Exception {
    UUID id = started();
    settled(id);
    restart(new GuestCaps(OptionalInt.of(10), OptionalLong.empty()));
    // Looked at while the agent is about it, that is no alarm.
    List<String> told = new ArrayList<>();
    SandboxWatch watch =
        new SandboxWatch(
            node.network,
            node.restraints(),
            node.guests,
            (event, facts) -> told.add(event),
            new SimpleMeterRegistry());
    while (!node.guests.settled(Duration.ZERO)) {
      watch.look();
    }
    watch.look();
    assertEquals(List.of(), told);
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(
        new GuestLimits(OptionalInt.of(10), OptionalLong.empty()), node.hypervisor.limits(id));
    restart(GuestCaps.NONE);
    assertEquals(GuestPhase.RUNNING, settled(id));
    assertEquals(GuestLimits.NONE, node.hypervisor.limits(id));
  }

  @Test
  void aNodeThatCannotKeepASettingNamesIt() throws Exception {
    node.restraints().require();
    node.hypervisor.cannotHoldTo(Limit.CPU_CAP);
    HypervisorException told =
        assertThrows(HypervisorException.class, () -> node.restraints().require());
    assertEquals(Kind.REFUSED, told.kind());
    assertTrue(told.getMessage().startsWith("limits.guest-cpu-cap is set, but "), told::getMessage);
    node.caps = new GuestCaps(OptionalInt.empty(), CAPS.diskRate());
    node.restraints().require();
  }
}
