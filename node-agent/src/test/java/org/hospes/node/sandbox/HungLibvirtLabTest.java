package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.hospes.image.SignedImage;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.libvirt.LabNode;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A libvirtd that is there and does not answer: stopped by SIGSTOP, later let go on. */
@Tag("lab")
class HungLibvirtLabTest {
  /** What is promised, and as much again for a machine that does other things besides. */
  private static final Duration NOTICED = Duration.ofSeconds(80);

  private static final Duration PATIENT = Duration.ofSeconds(120);

  private static LabNode lab;
  private static LibvirtHypervisor hypervisor;

  @BeforeAll
  static void raise() throws Exception {
    lab = LabNode.raise("hvhang");
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

  private static GuestOrder running(TestNode node, GuestOrder order) throws Exception {
    node.guests.prepare(order);
    assertTrue(node.guests.settled(PATIENT));
    node.guests.start(order.id());
    assertTrue(node.guests.settled(PATIENT));
    assertEquals(GuestPhase.RUNNING, node.guests.view(order.id()).phase());
    return order;
  }

  private static void until(String what, Duration within, BooleanSupplier is) throws Exception {
    long end = System.nanoTime() + within.toNanos();
    while (!is.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, () -> "not within " + within + ": " + what);
      Thread.sleep(50);
    }
  }

  @Test
  @SuppressWarnings("FutureReturnValueIgnored") // a look never throws
  void itIsNoticedHoldsNobodyAndIsFoundAgain() throws Exception {
    ScheduledExecutorService watching = Executors.newSingleThreadScheduledExecutor();
    try (TestNode node =
        new TestNode(
            lab.folder(),
            hypervisor,
            new InMemoryNetwork(LabNode.BRIDGE),
            new FileDisks(
                new GuestDisks(DiskTools.usual(), hypervisor.capabilities().guestOwner())))) {
      SignedImage papers = node.images.publish(1 << 20, 1);
      GuestOrder shorter = running(node, node.order(papers));
      GuestOrder order = node.order(papers);
      GuestOrder longer =
          running(node, order.withLeaseEnds(order.leaseEnds().plus(Duration.ofDays(1))));
      watching.scheduleWithFixedDelay(node.watch::look, 0, 200, TimeUnit.MILLISECONDS);

      lab.libvirtd("freeze");
      try {
        until("said", NOTICED, () -> node.watch.warnings().toString().contains("does not answer"));
        // Meanwhile a lease ends whose guest cannot be ended yet.
        node.clock.jump(Duration.ofHours(2));
        node.watch.keepLeases();
        assertEquals(GuestPhase.REMOVING, node.guests.view(shorter.id()).phase());

        until("let go", NOTICED, () -> node.watch.warnings().toString().contains("it hangs"));
        long before = System.nanoTime();
        HypervisorException told =
            assertThrows(HypervisorException.class, () -> hypervisor.inspect(longer.id()));
        assertEquals(Kind.UNREACHABLE, told.kind());
        assertTrue(System.nanoTime() - before < Duration.ofSeconds(5).toNanos(), "told at once");
      } finally {
        lab.libvirtd("thaw");
      }

      until("well again", PATIENT, () -> node.watch.warnings().isEmpty());
      until(
          "the guest is removed",
          PATIENT,
          () -> node.guests.view(shorter.id()).phase() == GuestPhase.ABSENT);
      assertEquals(GuestPhase.RUNNING, node.guests.view(longer.id()).phase());
      assertEquals(
          List.of(longer.id()), hypervisor.list().stream().map(guest -> guest.id()).toList());

      node.guests.remove(longer.id(), "the test is over");
      assertTrue(node.guests.settled(PATIENT));
      assertEquals(List.of(), hypervisor.list());
    } finally {
      watching.shutdown();
      assertTrue(watching.awaitTermination(90, TimeUnit.SECONDS));
    }
  }
}
