package org.hospes.service.nodesoap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.GuestPhase;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.InspectResponse;
import org.hospes.contract.node.NodePort;
import org.hospes.contract.node.Refused;
import org.hospes.contract.node.Start;
import org.hospes.contract.node.StartResponse;
import org.hospes.image.Digest;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeFacts;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeReport;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.Moment;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class SoapNodeGatewayTest {
  private static final Node NODE =
      new Node(
          "n1",
          new DistinguishedName("/CN=n1"),
          new NodeFacts(
              URI.create("https://n1:9445/node"),
              "test",
              Set.of(),
              new Resources(1, 1, 1),
              "n1",
              "0",
              Optional.empty(),
              Optional.empty()),
          new NodeReport(1, Sample.digest(1), Set.of(), List.of(), List.of()),
          Instant.EPOCH);

  @Test
  void anAgentThatHangsTakesFewThreadsAndTheRestAreTold() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Semaphore entered = new Semaphore(0);
    SoapNodeGateway gateway =
        new SoapNodeGateway(
            node ->
                port(
                    () -> {
                      entered.release();
                      release.await();
                      return guest();
                    }));
    ExecutorService callers = Executors.newCachedThreadPool();
    try {
      for (int i = 0; i < 20; i++) {
        var unused = callers.submit(() -> gateway.inspect(NODE, Sample.id()));
      }
      assertTrue(entered.tryAcquire(6, 60, TimeUnit.SECONDS));
      NodeUnreachableException told =
          assertThrows(NodeUnreachableException.class, () -> gateway.inspect(NODE, Sample.id()));
      assertTrue(told.getMessage().contains("wait for it already"), told.getMessage());
      assertEquals(0, entered.availablePermits());
    } finally {
      release.countDown();
      callers.shutdownNow();
    }
  }

  @Test
  void aGuestThatIsNotFoundIsAbsentEveryOtherRefusalIsTold() throws Exception {
    SoapNodeGateway absent = new SoapNodeGateway(node -> port(refusing(FaultCategory.NOT_FOUND)));
    assertEquals(
        org.hospes.service.node.GuestPhase.ABSENT, absent.inspect(NODE, Sample.id()).phase());
    SoapNodeGateway refusing =
        new SoapNodeGateway(node -> port(refusing(FaultCategory.NOT_ALLOWED)));
    NodeRefusedException refused =
        assertThrows(NodeRefusedException.class, () -> refusing.inspect(NODE, Sample.id()));
    assertEquals("test.refused", refused.refusal().code());
    assertEquals("1", refused.refusal().facts().get("fact"));
  }

  @Test
  void theTimeToWaitIsSentWithWhatIsKnown() throws Exception {
    List<Object> sent = new ArrayList<>();
    SoapNodeGateway gateway =
        new SoapNodeGateway(
            node ->
                (NodePort)
                    Proxy.newProxyInstance(
                        NodePort.class.getClassLoader(),
                        new Class<?>[] {NodePort.class},
                        (proxy, method, arguments) -> {
                          sent.add(arguments[0]);
                          return guest();
                        }));
    gateway.inspect(NODE, Sample.id());
    gateway.inspect(
        NODE, Sample.id(), org.hospes.service.node.GuestPhase.PREPARING, Duration.ofMillis(1500));
    Inspect now = (Inspect) sent.get(0);
    assertNull(now.getKnownPhase());
    assertNull(now.getWaitMillis());
    Inspect later = (Inspect) sent.get(1);
    assertEquals(GuestPhase.PREPARING, later.getKnownPhase());
    assertEquals(1500, later.getWaitMillis());
  }

  @Test
  void aStartNamesTheMessageThatAskedForIt() throws Exception {
    List<Start> sent = new ArrayList<>();
    AskedMessage.Reference message =
        new AskedMessage.Reference(Digest.sha256Of(new byte[] {1}), Optional.of(Sample.EVE));
    Map<WorkspaceId, AskedMessage.Reference> asked = Map.of(Sample.id(), message);
    SoapNodeGateway gateway =
        new SoapNodeGateway(
            node ->
                (NodePort)
                    Proxy.newProxyInstance(
                        NodePort.class.getClassLoader(),
                        new Class<?>[] {NodePort.class},
                        (proxy, method, arguments) -> {
                          sent.add((Start) arguments[0]);
                          StartResponse response = new StartResponse();
                          Guest guest = new Guest();
                          guest.setId(sent.get(sent.size() - 1).getId());
                          guest.setPhase(GuestPhase.STARTING);
                          response.setGuest(guest);
                          return response;
                        }),
            id -> Optional.ofNullable(asked.get(id)));
    WorkspaceId first = asked.keySet().iterator().next();
    gateway.start(NODE, first, Optional.empty(), Duration.ZERO);
    assertEquals(message.digest().toString(), sent.get(0).getRequestDigest());
    assertEquals(Sample.EVE.slash(), sent.get(0).getAsker());
    gateway.start(NODE, new WorkspaceId(new java.util.UUID(1, 2)), Optional.empty(), Duration.ZERO);
    assertNull(sent.get(1).getRequestDigest());
    assertNull(sent.get(1).getAsker());
  }

  @Test
  void aBrokenConnectionIsNoRefusal() {
    SoapNodeGateway gateway =
        new SoapNodeGateway(
            node ->
                port(
                    () -> {
                      throw new IllegalStateException(
                          new java.net.ConnectException("connection refused"));
                    }));
    assertThrows(NodeUnreachableException.class, () -> gateway.inspect(NODE, Sample.id()));
  }

  @Test
  void aNodesWordsBecomePointsOfTheTimeline() {
    Instant at = Instant.EPOCH;
    assertEquals(
        new Moment("FETCHED", at, Optional.of("12 bytes in 3 ms, 4 MB/s")),
        NodeReading.moment("staged 12 bytes in 3 ms, 4 MB/s", at));
    assertEquals(
        new Moment("OPEN_FILES_COMPARED", at, Optional.empty()),
        NodeReading.moment("open files compared", at));
    assertEquals(
        new Moment("NODE_RUNNING", at, Optional.empty()), NodeReading.moment("running", at));
    assertEquals(new Moment("NODE", at, Optional.of("[31m")), NodeReading.moment("[31m", at));
  }

  private interface Answer {
    Object get() throws Throwable;
  }

  private static Answer refusing(FaultCategory category) {
    return () -> {
      throw new Refused(
          "no", RefusalException.of(category, "test.refused", "no").fact("fact", 1).toXml());
    };
  }

  private static InspectResponse guest() {
    InspectResponse response = new InspectResponse();
    var guest = new org.hospes.contract.node.Guest();
    guest.setId(Sample.id().toString());
    guest.setPhase(GuestPhase.RUNNING);
    response.setGuest(guest);
    return response;
  }

  private static NodePort port(Answer answer) {
    return (NodePort)
        Proxy.newProxyInstance(
            NodePort.class.getClassLoader(),
            new Class<?>[] {NodePort.class},
            (proxy, method, arguments) -> answer.get());
  }
}
