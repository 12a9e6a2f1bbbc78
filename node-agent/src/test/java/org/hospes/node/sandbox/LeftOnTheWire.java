package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.endpoint.FileEndpoint;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.network.InMemoryNetwork;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.bytes.Holes;
import org.hospes.wire.bytes.HolesInput;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest that is suspended on one node and left to another, over mutual TLS; and what a node sends
 * in its place that is not to be trusted.
 */
abstract class LeftOnTheWire {
  static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path root;
  WireSite site;
  TestNode source;
  TestNode target;
  DistinguishedName targetName;
  SecureServer honest;
  UUID id;
  GuestOrder order;
  HandOver papers;

  /** What a node sends that is not to be trusted. */
  static final class Lies extends HttpServlet {
    private static final long serialVersionUID = 1L;

    final transient Map<String, byte[]> bodies = new ConcurrentHashMap<>();
    final transient Set<String> endless = ConcurrentHashMap.newKeySet();

    /** Sent as they are, as files without their empty pages. */
    final transient Map<String, byte[]> holes = new ConcurrentHashMap<>();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String name = request.getPathInfo().replaceFirst("^/[^/]+/files/", "");
      String range = request.getHeader("Range").replace("bytes=", "");
      int from = Integer.parseInt(range.replaceFirst("-.*", ""));
      byte[] body = bodies.get(name);
      if (holes.containsKey(name)) {
        response.setStatus(Holes.STATUS);
        response.setHeader(Holes.DONE, Holes.OF_A_RANGE);
        response.setHeader("Content-Range", "bytes " + range + "/" + body.length);
        response.getOutputStream().write(holes.get(name));
        return;
      }
      response.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
      response.setHeader("Content-Range", "bytes " + range + "/" + body.length);
      response.getOutputStream().write(body, from, body.length - from);
      while (endless.contains(name)) {
        response.getOutputStream().write(new byte[1 << 16]);
      }
    }
  }

  @BeforeEach
  void bring() throws Exception {
    site = WireSite.create(root.resolve("pki"));
    FileDisks disks = new FileDisks(new GuestDisks(DiskTools.usual(), Optional.empty()));
    source =
        new TestNode(
            root.resolve("source"), new InMemoryHypervisor(), new InMemoryNetwork(), disks);
    target = source.neighbour(root.resolve("target"));
    target.patience = Duration.ZERO;
    target.stop();
    target.start(JournalWatcher.NONE);
    Credential papersOfTarget = site.pki().host("target.example.org");
    targetName = DistinguishedName.ofSubject(papersOfTarget.leaf());
    reachAs(papersOfTarget);
    honest =
        site.start(new FileEndpoint(List.of(source.handed), AuditTrail.NONE).on(site.server()));
    suspendAndHandOver();
  }

  /** From now on the target fetches with these papers, over real sockets. */
  void reachAs(Credential own) {
    for (DistinguishedName host : List.of(hostName(), targetName)) {
      target.peers.meet(
          host,
          name ->
              new TlsRangeSource(
                  site.client(own).sslContext(ExpectedServer.dn(name)),
                  PATIENCE,
                  new TlsRangeSource.Manipulation(Holes.NAME, HolesInput::new)));
    }
  }

  DistinguishedName hostName() {
    return DistinguishedName.ofSubject(site.host().leaf());
  }

  void suspendAndHandOver() throws Exception {
    order = source.order(source.images.publish(1 << 20, 1));
    id = order.id();
    GuestView unused = source.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(source));
    unused = source.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(source));
    unused = source.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled(source));
    unused = source.handOvers.handOver(id, "wish", targetName);
    papers = record(source).handedOver().orElseThrow();
  }

  @AfterEach
  void takeDown() throws Exception {
    target.close();
    source.close();
    site.close();
  }

  GuestPhase settled(TestNode node) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  GuestRecord record(TestNode node) {
    return node.guests.view(id).record().orElseThrow();
  }

  Path folder(TestNode node) {
    return node.root.resolve("guests").resolve(id.toString());
  }

  GuestPhase receive(HandOver told, SecureServer from, DistinguishedName name) throws Exception {
    URI address = WireSite.uri(from, "/node");
    GuestView unused =
        target.handOvers.receive(order, new Arrival("wish", address, name.slash(), told));
    return settled(target);
  }

  /** It is refused, nothing of it stays, and it goes on where it was. */
  Failure refused(HandOver told, SecureServer from, DistinguishedName name) throws Exception {
    assertEquals(GuestPhase.FAILED, receive(told, from, name));
    assertEquals(List.of(), target.machine.list());
    assertEquals(Set.of(), target.network.installed());
    try (Stream<Path> left = Files.list(folder(target))) {
      assertEquals(List.of(), left.toList());
    }
    final Failure failure = record(target).failure().orElseThrow();
    GuestView unused = target.guests.remove(id, "given up");
    assertEquals(GuestPhase.ABSENT, settled(target));
    assertEquals(List.of(), target.remains(id));
    unused = source.handOvers.takeBack(id, "wish");
    unused = source.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(source));
    assertEquals(1, source.hypervisor.usedMemories().size());
    return failure;
  }

  SecureServer liar(Lies lies) throws Exception {
    for (HandedFile file : papers.files()) {
      lies.bodies.putIfAbsent(
          file.name(), Files.readAllBytes(folder(source).resolve(file.place())));
    }
    return site.start(site.server().bytes("/guests/*", lies));
  }

  static String sha256(byte[] what) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(what));
  }

  /** The papers, if this were the file. */
  HandOver with(String name, byte[] body) throws Exception {
    HandedFile other = new HandedFile(name, body.length, sha256(body));
    return new HandOver(
        papers.wish(),
        papers.to(),
        papers.suspended(),
        papers.platform(),
        papers.machine(),
        papers.network(),
        papers.files().stream().map(f -> f.name().equals(name) ? other : f).toList(),
        papers.snapshots());
  }
}
