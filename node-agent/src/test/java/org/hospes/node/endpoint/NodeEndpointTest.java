package org.hospes.node.endpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.GuestOrder;
import org.hospes.contract.node.HandOverWish;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.Pause;
import org.hospes.contract.node.Prepare;
import org.hospes.contract.node.ReadConsole;
import org.hospes.contract.node.Receive;
import org.hospes.contract.node.Remove;
import org.hospes.contract.node.SnapshotOrder;
import org.hospes.contract.node.Start;
import org.hospes.contract.node.Stop;
import org.hospes.contract.node.Suspend;
import org.hospes.contract.node.TakeBack;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.CallContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A second lock behind the server's own: whoever gets as far as the port is asked again. */
class NodeEndpointTest {
  private static final String ID = "0b5b0f4e-7b0e-4a57-8d2c-6f8d1f6a2a11";

  @TempDir Path folder;

  private final List<String> told = new ArrayList<>();

  private NodeEndpoint calledBy(TestPki pki, Credential caller, DistinguishedName service)
      throws UntrustedPathException {
    ValidatedPath path = pki.validator().validate(caller.chain());
    CallContext context =
        new CallContext(
            new Caller(path.endEntity(), path.proxy(), List.of(), path.notAfter()),
            path,
            Optional.empty(),
            new byte[0],
            "192.0.2.1:4711");
    return new NodeEndpoint(
        null,
        null,
        null,
        null,
        (event, facts) -> told.add(event + facts.get("caller")),
        () -> context,
        service);
  }

  @Test
  void aStrangerIsRefusedEveryCall() throws Exception {
    TestPki pki = TestPki.create(folder);
    Credential service = pki.host("service.test");
    NodeEndpoint endpoint =
        calledBy(pki, pki.host("stranger.test"), DistinguishedName.ofSubject(service.leaf()));
    Start start = new Start();
    start.setId(ID);
    Stop stop = new Stop();
    stop.setId(ID);
    Pause pause = new Pause();
    pause.setId(ID);
    SnapshotOrder snapshot = new SnapshotOrder();
    snapshot.setId(ID);
    Suspend suspend = new Suspend();
    suspend.setId(ID);
    HandOverWish handOver = new HandOverWish();
    handOver.setId(ID);
    TakeBack takeBack = new TakeBack();
    takeBack.setId(ID);
    Receive receive = new Receive();
    Remove remove = new Remove();
    remove.setId(ID);
    Inspect inspect = new Inspect();
    inspect.setId(ID);
    ReadConsole console = new ReadConsole();
    console.setId(ID);
    Prepare prepare = new Prepare();
    prepare.setOrder(new GuestOrder());
    List<Executable> calls =
        List.of(
            () -> endpoint.prepare(prepare),
            () -> endpoint.start(start),
            () -> endpoint.stop(stop),
            () -> endpoint.pause(pause),
            () -> endpoint.snapshot(snapshot),
            () -> endpoint.rollback(snapshot),
            () -> endpoint.deleteSnapshot(snapshot),
            () -> endpoint.suspend(suspend),
            () -> endpoint.flatten(snapshot),
            () -> endpoint.handOver(handOver),
            () -> endpoint.takeBack(takeBack),
            () -> endpoint.receive(receive),
            () -> endpoint.remove(remove),
            () -> endpoint.inspect(inspect),
            () -> endpoint.readConsole(console));
    for (Executable call : calls) {
      RefusalException refused = assertThrows(RefusalException.class, call);
      assertEquals(FaultCategory.NOT_ALLOWED, refused.category());
      assertEquals("node.caller", refused.code());
    }
    assertEquals(calls.size(), told.size());
  }

  @Test
  void anOrderThatMakesNoSenseIsRefusedWithItsElement() throws Exception {
    TestPki pki = TestPki.create(folder);
    Credential service = pki.host("service.test");
    NodeEndpoint endpoint = calledBy(pki, service, DistinguishedName.ofSubject(service.leaf()));
    Start start = new Start();
    start.setId(ID.toUpperCase(Locale.ROOT));
    RefusalException refused = assertThrows(RefusalException.class, () -> endpoint.start(start));
    assertEquals(FaultCategory.INVALID, refused.category());
    assertEquals("id", refused.facts().get("element"));
    SnapshotOrder snapshot = new SnapshotOrder();
    snapshot.setId(ID);
    snapshot.setWish("w");
    snapshot.setName("../../etc");
    RefusalException path = assertThrows(RefusalException.class, () -> endpoint.snapshot(snapshot));
    assertEquals(FaultCategory.INVALID, path.category());
    assertEquals("name", path.facts().get("element"));
    Prepare prepare = new Prepare();
    GuestOrder order = new GuestOrder();
    order.setId(ID);
    order.setName("x");
    prepare.setOrder(order);
    RefusalException missing =
        assertThrows(RefusalException.class, () -> endpoint.prepare(prepare));
    assertEquals("owner", missing.facts().get("element"));
  }
}
