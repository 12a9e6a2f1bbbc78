package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.network.InMemoryNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A look at the guests that the hypervisor does not answer. */
@Timeout(180)
class HeldWatchTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);

  @TempDir Path root;

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);

  /** Answers everything but for what there is. */
  private Hypervisor holding() {
    Hypervisor memory = new InMemoryHypervisor();
    return (Hypervisor)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Hypervisor.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("list")) {
                asked.countDown();
                answer.await();
              }
              try {
                return method.invoke(memory, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void itIsToldOfWhileItLastsAndHoldsNoLease() throws Exception {
    try (TestNode node =
        new TestNode(root, holding(), new InMemoryNetwork(), new TestNode.PlainDisks())) {
      GuestOrder order = node.order(node.images.publish(1 << 20, 1));
      node.guests.prepare(order);
      assertTrue(node.guests.settled(PATIENT));
      node.guests.start(order.id());
      assertTrue(node.guests.settled(PATIENT));

      Thread look = new Thread(node.watch::look);
      look.start();
      try {
        asked.await();
        assertEquals(List.of(), node.watch.warnings(), "it only began");
        node.clock.jump(Duration.ofSeconds(11));
        assertEquals(1, node.watch.warnings().size());
        String warning = node.watch.warnings().get(0);
        assertTrue(warning.startsWith("the hypervisor does not answer"), warning);

        node.clock.jump(Duration.ofHours(2));
        node.watch.keepLeases();
        assertTrue(node.guests.settled(PATIENT));
        assertEquals(GuestPhase.ABSENT, node.guests.view(order.id()).phase());
        assertEquals(List.of("lease.ended " + order.id()), node.audited());
      } finally {
        answer.countDown();
        look.join();
      }
      assertEquals(List.of(), node.watch.warnings());
    }
  }
}
