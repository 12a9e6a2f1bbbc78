package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.node.Inspect;
import org.hospes.image.SignedImage;
import org.hospes.node.endpoint.NodeEndpoint;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.security.CallContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who waits for news of a guest is told at once, waits no longer than allowed, and holds up nobody.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitersTest {
  private static final Duration FOR_EVER = Duration.ofHours(1);

  @TempDir Path root;

  private TestNode node;
  private SignedImage papers;
  private final ExecutorService callers = Executors.newCachedThreadPool();

  @BeforeEach
  void raise() {
    node = new TestNode(root);
    papers = node.images.publish(1 << 20, 1);
  }

  @AfterEach
  void takeDown() {
    callers.shutdownNow();
    node.close();
  }

  private void with(Waiters waiters) {
    node.stop();
    node.waiters = waiters;
    node.start(JournalWatcher.NONE);
  }

  /** A guest whose image takes longer to arrive than this test lasts. */
  private UUID staging() throws GuestFailedException {
    node.images.slow(FOR_EVER);
    GuestOrder order = node.order(papers);
    assertEquals(GuestPhase.PREPARING, node.guests.prepare(order).phase());
    return order.id();
  }

  private Future<GuestView> waiting(UUID id, int asTheOneOf) throws InterruptedException {
    Future<GuestView> waiter =
        callers.submit(() -> node.guests.await(id, GuestPhase.PREPARING, FOR_EVER));
    while (node.waiters.waiting() != asTheOneOf) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
    return waiter;
  }

  @Test
  void aGuestThatIsReadyIsToldAtOnce() throws Exception {
    with(new Waiters(1, FOR_EVER));
    node.images.slow(Duration.ofMillis(100));
    GuestOrder order = node.order(papers);
    node.guests.prepare(order);
    UUID id = order.id();
    assertEquals(
        GuestPhase.PREPARED, node.guests.await(id, GuestPhase.PREPARING, FOR_EVER).phase());
    node.guests.start(id);
    assertEquals(GuestPhase.RUNNING, node.guests.await(id, GuestPhase.STARTING, FOR_EVER).phase());
    node.guests.remove(id, "test");
    assertEquals(GuestPhase.ABSENT, node.guests.await(id, GuestPhase.REMOVING, FOR_EVER).phase());
    assertEquals(0, node.waiters.waiting());
  }

  @Test
  void aRefusalIsToldAtOnce() throws Exception {
    with(new Waiters(1, FOR_EVER));
    GuestOrder order = node.order(node.images.publish(1 << 20, 3, "/DC=org/DC=hospes/CN=Mallory"));
    node.guests.prepare(order);
    GuestView failed = node.guests.await(order.id(), GuestPhase.PREPARING, FOR_EVER);
    assertEquals(GuestPhase.FAILED, failed.phase());
    assertEquals(
        "image.signer.untrusted", failed.record().orElseThrow().failure().orElseThrow().code());
  }

  @Test
  void withoutNewsTheGuestIsToldAsItIsWhenTheTimeIsOver() throws Exception {
    with(new Waiters(1, FOR_EVER));
    UUID id = staging();
    assertEquals(
        GuestPhase.PREPARING,
        node.guests.await(id, GuestPhase.PREPARING, Duration.ofMillis(30)).phase());
  }

  @Test
  void nobodyWaitsLongerThanTheNodeAllows() throws Exception {
    with(new Waiters(1, Duration.ofMillis(30)));
    UUID id = staging();
    assertEquals(
        GuestPhase.PREPARING, node.guests.await(id, GuestPhase.PREPARING, FOR_EVER).phase());
  }

  @Test
  void whoComesWhenThePlacesAreTakenIsAnsweredAtOnce() throws Exception {
    with(new Waiters(2, FOR_EVER));
    UUID id = staging();
    List<Future<GuestView>> waiters = List.of(waiting(id, 1), waiting(id, 2));
    assertEquals(
        GuestPhase.PREPARING, node.guests.await(id, GuestPhase.PREPARING, FOR_EVER).phase());
    node.guests.remove(id, "test");
    for (Future<GuestView> waiter : waiters) {
      assertNotEquals(GuestPhase.PREPARING, waiter.get().phase());
    }
    assertEquals(0, node.waiters.waiting());
  }

  @Test
  void whoWaitsHoldsUpNobody() throws Exception {
    with(new Waiters(1, FOR_EVER));
    UUID id = staging();
    Future<GuestView> waiter = waiting(id, 1);
    // Everything that takes the guest's own lock, or that of all guests together.
    node.guests.prepare(node.guests.view(id).record().orElseThrow().order());
    assertTrue(node.guests.busy(id));
    assertEquals(GuestPhase.PREPARING, node.guests.prepare(node.order(papers)).phase());
    assertEquals(GuestPhase.STARTING, node.guests.start(id).phase());
    assertEquals(GuestPhase.STARTING, waiter.get().phase());
  }

  @Test
  void anAgentThatStopsLetsThemGo() throws Exception {
    with(new Waiters(1, FOR_EVER));
    UUID id = staging();
    Future<GuestView> waiter = waiting(id, 1);
    node.guests.close();
    assertEquals(GuestPhase.PREPARING, waiter.get().phase());
  }

  @Test
  void nobodyWaitsForAGuestThatIsNotThere() {
    with(new Waiters(1, FOR_EVER));
    UUID id = UUID.randomUUID();
    assertEquals(GuestPhase.ABSENT, node.guests.await(id, GuestPhase.ABSENT, FOR_EVER).phase());
    assertEquals(GuestPhase.ABSENT, node.guests.await(id, GuestPhase.REMOVING, FOR_EVER).phase());
  }

  @Test
  void theContractsWordsMeanThat() throws Exception {
    with(new Waiters(1, FOR_EVER));
    UUID id = staging();
    NodeEndpoint endpoint = endpoint();
    Inspect request = new Inspect();
    request.setId(id.toString());
    assertEquals("PREPARING", endpoint.inspect(request).getGuest().getPhase().name());
    request.setKnownPhase(org.hospes.contract.node.GuestPhase.PREPARED);
    request.setWaitMillis(60_000);
    assertEquals("PREPARING", endpoint.inspect(request).getGuest().getPhase().name());
    request.setKnownPhase(org.hospes.contract.node.GuestPhase.PREPARING);
    request.setWaitMillis(null);
    assertEquals("PREPARING", endpoint.inspect(request).getGuest().getPhase().name());
    request.setWaitMillis(3_600_000);
    var answer = callers.submit(() -> endpoint.inspect(request));
    while (node.waiters.waiting() != 1) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
    node.guests.start(id);
    assertEquals("STARTING", answer.get().getGuest().getPhase().name());
  }

  private NodeEndpoint endpoint() throws Exception {
    TestPki pki = TestPki.create(root.resolve("pki"));
    Credential service = pki.host("service.test");
    ValidatedPath path = pki.validator().validate(service.chain());
    CallContext context =
        new CallContext(
            new Caller(path.endEntity(), path.proxy(), List.of(), path.notAfter()),
            path,
            Optional.empty(),
            new byte[0],
            "192.0.2.1:4711");
    return new NodeEndpoint(
        node.guests,
        node.snapshots,
        node.handOvers,
        null,
        AuditTrail.NONE,
        () -> context,
        DistinguishedName.ofSubject(service.leaf()));
  }
}
