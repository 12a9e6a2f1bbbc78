package org.hospes.node.endpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.xml.namespace.QName;
import org.hospes.contract.MessageBounds;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Forward;
import org.hospes.contract.common.Statement;
import org.hospes.contract.node.GuestOrder;
import org.hospes.contract.node.HandOverWish;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.NodePort;
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
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.refusal.Refusals;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
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

  @Test
  void anOrderWithAllThatMayBeSaidOfTheLargestImageFits() throws Exception {
    assertEquals(SignedImage.LARGEST_ENDORSEMENT, MessageBounds.ENDORSEMENT);
    assertEquals(SignedImage.MOST_ENDORSEMENTS, MessageBounds.ENDORSEMENTS);
    assertEquals(org.hospes.image.Statement.LARGEST, MessageBounds.STATEMENT);
    try (WireSite site = WireSite.create(folder)) {
      Credential service = site.pki().host("service.test");
      DistinguishedName name = DistinguishedName.ofSubject(service.leaf());
      NodeEndpoint endpoint = calledBy(site.pki(), site.pki().host("stranger.test"), name);
      SecureServer server = site.start(endpoint.on(site.server(), "/node"));
      NodePort port =
          site.client(service)
              .mutual(
                  NodePort.class,
                  new QName("urn:hospes:node:1:wsdl", "NodeService"),
                  "wsdl/node.wsdl",
                  WireSite.uri(server, "/node"),
                  WireSite.LOCALHOST);
      Prepare prepare = new Prepare();
      prepare.setOrder(largest(service));
      assertEquals(
          MessageBounds.USER_DATA,
          OrderXml.read(prepare.getOrder()).userData().orElseThrow().length);
      // The second lock is behind the bounds and the contract: it was read.
      assertEquals("node.caller", refused(() -> port.prepare(prepare)));
      prepare.getOrder().setUserData(new byte[4 * MessageBounds.USER_DATA]);
      assertEquals("message.too-large", refused(() -> port.prepare(prepare)));
      prepare.setOrder(largest(service));
      prepare.getOrder().getImage().getEndorsement().add(new byte[1]);
      assertEquals("message.invalid", refused(() -> port.prepare(prepare)));
    }
  }

  private static String refused(Executable call) {
    return Refusals.of(assertThrows(Exception.class, call)).orElseThrow().code();
  }

  /** As long as a repository, an operator's part and a person may make it together. */
  private static GuestOrder largest(Credential signer) throws Exception {
    org.hospes.contract.common.SignedImage image = new org.hospes.contract.common.SignedImage();
    image.setManifest(new byte[ManifestFormat.LARGEST]);
    image.setForm(org.hospes.contract.common.SignatureForm.CMS);
    // What a message to the repository can hold beside that manifest.
    image.setSignature(
        new byte[(MessageBounds.PUBLISH - (ManifestFormat.LARGEST + 2) / 3 * 4) / 4 * 3]);
    image.getCertificate().add(signer.leaf().getEncoded());
    for (int i = 0; i < MessageBounds.ENDORSEMENTS; i++) {
      image.getEndorsement().add(new byte[MessageBounds.ENDORSEMENT]);
    }
    image.setPublication(statement());
    GuestOrder order = new GuestOrder();
    order.setId(ID);
    order.setName("largest");
    order.setOwner("/CN=" + "x".repeat(1000));
    order.setVirtualOrganisation("demo");
    order.setImageDigest(Digest.sha256Of(new byte[0]).toString());
    order.setImage(image);
    for (int i = 0; i < 8; i++) {
      order.getSource().add("https://repository.test/" + "x".repeat(1000));
    }
    order.setCpus(1);
    order.setMemoryBytes(1L << 30);
    order.setScratchBytes(0);
    for (int i = 0; i < 16; i++) {
      Forward forward = new Forward();
      forward.setGuestPort(22 + i);
      forward.setHostPort(2222 + i);
      order.getForward().add(forward);
    }
    order.setSshKey("k".repeat(4096));
    order.setUserData(new byte[MessageBounds.USER_DATA]);
    order.setLeaseEnds(Instant.now().plusSeconds(3600));
    order.setSight(statement());
    return order;
  }

  private static Statement statement() {
    Statement statement = new Statement();
    statement.setBody(new byte[MessageBounds.STATEMENT]);
    statement.setSignature(new byte[MessageBounds.STATEMENT]);
    return statement;
  }
}
