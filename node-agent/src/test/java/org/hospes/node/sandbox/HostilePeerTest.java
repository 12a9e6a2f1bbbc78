package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import java.util.Arrays;
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
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files of a guest over mutual TLS from a node that tells the truth, and from others. Whatever
 * another node does, nothing of it runs here, and the guest goes on where it was.
 */
class HostilePeerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  @TempDir Path root;
  private WireSite site;
  private TestNode source;
  private TestNode target;
  private DistinguishedName targetName;
  private SecureServer honest;
  private UUID id;
  private GuestOrder order;
  private HandOver papers;

  /** What a node sends that is not to be trusted. */
  private static final class Lies extends HttpServlet {
    private static final long serialVersionUID = 1L;

    final transient Map<String, byte[]> bodies = new ConcurrentHashMap<>();
    final transient Set<String> endless = ConcurrentHashMap.newKeySet();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String name = request.getPathInfo().replaceFirst("^/[^/]+/files/", "");
      String range = request.getHeader("Range").replace("bytes=", "");
      int from = Integer.parseInt(range.replaceFirst("-.*", ""));
      byte[] body = bodies.get(name);
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
  private void reachAs(Credential own) {
    for (DistinguishedName host : List.of(hostName(), targetName)) {
      target.peers.meet(
          host,
          name ->
              new TlsRangeSource(site.client(own).sslContext(ExpectedServer.dn(name)), PATIENCE));
    }
  }

  private DistinguishedName hostName() {
    return DistinguishedName.ofSubject(site.host().leaf());
  }

  private void suspendAndHandOver() throws Exception {
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

  private GuestPhase settled(TestNode node) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  private GuestRecord record(TestNode node) {
    return node.guests.view(id).record().orElseThrow();
  }

  private Path folder(TestNode node) {
    return node.root.resolve("guests").resolve(id.toString());
  }

  private GuestPhase receive(HandOver told, SecureServer from, DistinguishedName name)
      throws Exception {
    URI address = WireSite.uri(from, "/node");
    GuestView unused =
        target.handOvers.receive(order, new Arrival("wish", address, name.slash(), told));
    return settled(target);
  }

  /** It is refused, nothing of it stays, and it goes on where it was. */
  private Failure refused(HandOver told, SecureServer from, DistinguishedName name)
      throws Exception {
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

  private SecureServer liar(Lies lies) throws Exception {
    for (HandedFile file : papers.files()) {
      lies.bodies.putIfAbsent(
          file.name(), Files.readAllBytes(folder(source).resolve(file.place())));
    }
    return site.start(site.server().bytes("/guests/*", lies));
  }

  private static String sha256(byte[] what) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(what));
  }

  /** The papers, if this were the file. */
  private HandOver with(String name, byte[] body) throws Exception {
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

  @Test
  void fromAnHonestNodeItGoesOnOnThisNodesOwnImage() throws Exception {
    assertEquals(GuestPhase.SUSPENDED, receive(papers, honest, hostName()));
    GuestRecord here = record(target);
    assertEquals(record(source).attachment(), here.attachment());
    String header =
        Files.readString(
            folder(target).resolve("disk.qcow2"), java.nio.charset.StandardCharsets.ISO_8859_1);
    assertTrue(header.contains(here.base().orElseThrow().file().toString()));
    assertTrue(!header.contains(root.resolve("source").toString()), "it names the other's image");
    GuestView unused = source.guests.remove(id, "it is elsewhere");
    assertEquals(GuestPhase.ABSENT, settled(source));
    unused = target.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(target));
    assertEquals(1, target.hypervisor.usedMemories().size());
    assertEquals(List.of(), source.machine.list());
  }

  @Test
  void aHostThatItIsNotLeftToGetsNothing() throws Exception {
    reachAs(site.pki().host("eve.example.org"));
    assertEquals("handover.fetch", refused(papers, honest, hostName()).code());
  }

  @Test
  void whoeverElseAnswersIsNotListenedTo() throws Exception {
    Failure failure = refused(papers, honest, targetName);
    assertEquals("handover.fetch", failure.code());
    assertEquals(Failure.Category.SITE, failure.category());
  }

  @Test
  void afterItWasTakenBackNothingIsSent() throws Exception {
    GuestView unused = source.handOvers.takeBack(id, "another wish");
    assertTrue(record(source).handedOver().isPresent());
    unused = source.handOvers.takeBack(id, "wish");
    assertEquals("handover.fetch", refused(papers, honest, hostName()).code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"overlay", "scratch", "memory", "seed"})
  void wrongBytesAreRefused(String name) throws Exception {
    Lies lies = new Lies();
    byte[] altered =
        Files.readAllBytes(folder(source).resolve(papers.file(name).orElseThrow().place()));
    altered[altered.length - 1] ^= 1;
    lies.bodies.put(name, altered);
    Failure failure = refused(papers, liar(lies), hostName());
    assertEquals("handover.altered", failure.code());
    assertEquals(Failure.Category.IMAGE_REFUSED, failure.category());
    assertEquals(name, failure.facts().get("file"));
    assertEquals("sha256:" + sha256(altered), failure.facts().get("found"));
  }

  @Test
  void aFileThatIsTooShortIsNotTaken() throws Exception {
    Lies lies = new Lies();
    lies.bodies.put("overlay", Arrays.copyOf(overlay(), 1000));
    Failure failure = refused(papers, liar(lies), hostName());
    assertEquals("handover.fetch", failure.code());
    assertTrue(failure.message().contains("1000"), failure.message());
  }

  @Test
  void ofAFileWithoutAnEndNoMoreIsTakenThanWasTold() throws Exception {
    Lies lies = new Lies();
    lies.bodies.put("overlay", new byte[10]);
    lies.endless.add("overlay");
    Failure failure = refused(papers, liar(lies), hostName());
    assertEquals("handover.altered", failure.code());
    byte[] asLong = new byte[(int) papers.file("overlay").orElseThrow().bytes()];
    assertEquals("sha256:" + sha256(asLong), failure.facts().get("found"));
  }

  private byte[] overlay() throws IOException {
    return Files.readAllBytes(folder(source).resolve("disk.qcow2"));
  }

  private byte[] made(String... arguments) throws Exception {
    Path file = root.resolve("made-" + UUID.randomUUID());
    List<String> command =
        Stream.concat(
                Stream.of("/usr/bin/qemu-img", "create", "-q", "-u", "-f", "qcow2"),
                Stream.concat(Arrays.stream(arguments), Stream.of(file.toString(), "1M")))
            .toList();
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    return Files.readAllBytes(file);
  }

  private Failure refusedOverlay(byte[] overlay) throws Exception {
    Lies lies = new Lies();
    lies.bodies.put("overlay", overlay);
    return refused(with("overlay", overlay), liar(lies), hostName());
  }

  @Test
  void anOverlayOfAnotherFileIsRefusedThoughItsDigestIsTrue() throws Exception {
    Failure failure = refusedOverlay(made("-F", "raw", "-b", "/etc/shadow"));
    assertEquals("disk.backing", failure.code());
    assertEquals(Failure.Category.IMAGE_REFUSED, failure.category());
    assertTrue(failure.facts().get("found").contains("/etc/shadow"));
  }

  @Test
  void anOverlayWhoseBaseWouldBeGuessedAtIsRefused() throws Exception {
    String image = record(source).base().orElseThrow().file().toString();
    assertEquals("disk.backing", refusedOverlay(made("-F", "qcow2", "-b", image)).code());
  }

  @Test
  void anOverlayWithItsDataElsewhereIsRefused() throws Exception {
    String elsewhere = root.resolve("elsewhere").toString();
    byte[] overlay = made("-o", "data_file=" + elsewhere);
    assertEquals("disk.backing", refusedOverlay(overlay).code());
  }

  @Test
  void whatIsNoOverlayAtAllIsRefused() throws Exception {
    assertEquals("disk.backing", refusedOverlay(new byte[70_000]).code());
  }

  @Test
  void theMemoryOfAnotherGuestIsRefused() throws Exception {
    Lies lies = new Lies();
    byte[] memory = ("memory of " + UUID.randomUUID()).getBytes(UTF_8);
    lies.bodies.put("memory", memory);
    assertEquals("memory.foreign", refused(with("memory", memory), liar(lies), hostName()).code());
  }

  @Test
  void memoryThatNoSuchGuestLeftIsRefused() throws Exception {
    Lies lies = new Lies();
    byte[] memory = ("memory of " + id + ", save 1, " + InMemoryHypervisor.HOSTILE).getBytes(UTF_8);
    lies.bodies.put("memory", memory);
    Failure failure = refused(with("memory", memory), liar(lies), hostName());
    assertEquals("memory.foreign", failure.code());
    assertEquals(InMemoryHypervisor.HOSTILE, failure.facts().get("found"));
  }

  @Test
  void filesThatCannotBeOfThisOrderAreRefusedBeforeAnythingIsFetched() throws Exception {
    HandedFile scratch = new HandedFile("scratch", 1L << 30, "0".repeat(64));
    HandOver told =
        new HandOver(
            "wish",
            papers.to(),
            true,
            papers.platform(),
            papers.machine(),
            papers.network(),
            papers.files().stream().map(f -> f.name().equals("scratch") ? scratch : f).toList(),
            List.of());
    GuestFailedException refused =
        assertThrows(GuestFailedException.class, () -> receive(told, honest, hostName()));
    assertEquals("node.capacity", refused.failure().code());
    assertEquals(GuestPhase.ABSENT, settled(target));
    assertEquals(List.of(), target.remains(id));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "disk.qcow2",
        "../overlay",
        "overlay/../../../etc/passwd",
        "/etc/passwd",
        "snapshot/../overlay",
        "snapshot/./overlay",
        "snapshot//overlay",
        "snapshot/a/b/overlay",
        "snapshot/a/../../memory",
        "overlay\n",
        "overlay\0",
        "Overlay"
      })
  void aNameThatLeadsElsewhereIsNone(String name) {
    assertThrows(
        IllegalArgumentException.class, () -> new HandedFile(name, 1, "0".repeat(64)), name);
  }
}
