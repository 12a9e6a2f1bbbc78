package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.hospes.contract.GuestFiles;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.endpoint.AheadEndpoint;
import org.hospes.node.endpoint.FileEndpoint;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.HandOver;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One node copies what another has of a guest while that still runs, over real sockets. */
@Timeout(180)
class CopiedAheadTest {
  private static final int MIB = 1 << 20;

  @TempDir Path root;
  private WireSite site;
  private TestNode source;
  private TestNode target;
  private DistinguishedName targetName;
  private Credential targetPapers;
  private SecureServer server;
  private GuestOrder order;
  private UUID id;

  /** What a save writes behind its head, piece by piece; an empty one ends it. */
  private final BlockingQueue<byte[]> pieces = new LinkedBlockingQueue<>();

  /** How many bytes of each file were sent after it was handed over. */
  private final Map<String, Long> fetched = new ConcurrentHashMap<>();

  @BeforeEach
  void bring() throws Exception {
    site = WireSite.create(root.resolve("pki"));
    FileDisks disks = new FileDisks(new GuestDisks(DiskTools.usual(), Optional.empty()));
    source = new TestNode(root.resolve("source"), slowToSave(), new InMemoryNetwork(), disks);
    source.elsewhere = Optional.of(new InMemoryHypervisor());
    target = source.neighbour(root.resolve("target"));
    targetPapers = site.pki().host("target.example.org");
    targetName = DistinguishedName.ofSubject(targetPapers.leaf());
    target.peers.meet(
        hostName(),
        name ->
            new TlsRangeSource(
                site.client(targetPapers).sslContext(ExpectedServer.dn(name)),
                Duration.ofSeconds(20),
                new TlsRangeSource.Manipulation(Holes.NAME, HolesInput::new)));
    server = served(Duration.ofSeconds(10));
    order = source.order(source.images.publish(MIB, 1));
    id = order.id();
    GuestView unused = source.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(source));
    unused = source.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(source));
  }

  private SecureServer served(Duration patience) throws Exception {
    FileEndpoint files =
        new FileEndpoint(
            List.of(source.handed),
            (event, facts) -> {
              if (facts.containsKey("bytes")) {
                fetched.merge(facts.get("file"), Long.valueOf(facts.get("bytes")), Long::sum);
              }
            });
    AheadEndpoint ahead = new AheadEndpoint(source.handOvers.offers(), AuditTrail.NONE, patience);
    return site.start(ahead.on(files.on(site.server())));
  }

  private Hypervisor slowToSave() {
    InMemoryHypervisor machine = new InMemoryHypervisor();
    return (Hypervisor)
        Proxy.newProxyInstance(
            Hypervisor.class.getClassLoader(),
            new Class<?>[] {Hypervisor.class},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(machine, arguments);
                if (method.getName().equals("save")) {
                  for (byte[] piece = pieces.take(); piece.length > 0; piece = pieces.take()) {
                    Files.write((Path) arguments[1], piece, StandardOpenOption.APPEND);
                  }
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @AfterEach
  void takeDown() throws Exception {
    pieces.add(new byte[0]);
    target.close();
    source.close();
    site.close();
  }

  private DistinguishedName hostName() {
    return DistinguishedName.ofSubject(site.host().leaf());
  }

  private GuestPhase settled(TestNode node) throws InterruptedException {
    assertTrue(node.guests.settled(Duration.ofSeconds(60)), "it goes on for ever");
    return node.guests.view(id).phase();
  }

  private Path file(TestNode node, String name) {
    return node.root.resolve("guests").resolve(id.toString()).resolve(name);
  }

  private static void until(Callable<Boolean> met, String what) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!met.call()) {
      assertTrue(System.nanoTime() < end, what);
      Thread.onSpinWait();
    }
  }

  private void offer() throws GuestFailedException {
    GuestView unused = source.handOvers.offer(id, "wish", targetName);
  }

  private Ahead expect() throws GuestFailedException {
    return target.handOvers.expect(order, "wish", WireSite.uri(server, "/node"), hostName());
  }

  private void copied() throws Exception {
    offer();
    until(() -> expect().copied(), "its disks to be copied");
  }

  private void write(Path file, long at, byte[] bytes) throws Exception {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(at);
      open.write(bytes);
    }
  }

  private static byte[] text(int length, char of) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) of);
    return bytes;
  }

  private HandOver suspendedAndLeft() throws Exception {
    pieces.add(new byte[0]);
    GuestView unused = source.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled(source));
    unused = source.handOvers.handOver(id, "wish", targetName);
    return source.guests.view(id).record().orElseThrow().handedOver().orElseThrow();
  }

  private GuestPhase receive(HandOver papers) throws Exception {
    URI address = WireSite.uri(server, "/node");
    GuestView unused =
        target.handOvers.receive(order, new Arrival("wish", address, hostName().slash(), papers));
    return settled(target);
  }

  private void assertSame() throws Exception {
    for (String name : List.of("memory.save", "scratch.raw", "seed.iso")) {
      assertArrayEquals(
          Files.readAllBytes(file(source, name)), Files.readAllBytes(file(target, name)), name);
    }
  }

  private List<Path> left() throws Exception {
    Path ahead = target.root.resolve("guests/.ahead");
    if (!Files.exists(ahead)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(ahead)) {
      return all.toList();
    }
  }

  @Test
  void memoryIsFollowedWhileItIsWrittenAndWhatChangedSinceIsFetched() throws Exception {
    write(file(source, "scratch.raw"), 0, text(MIB, 's'));
    copied();
    final long disks = expect().bytes();
    assertTrue(disks > MIB, disks + " bytes of its disks");
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(left().get(0))));
    GuestView unused = source.guests.suspend(id);
    pieces.add(text(3 * MIB, 'm'));
    pieces.add(new byte[5 * MIB]);
    until(() -> expect().bytes() >= disks + 8 * MIB, "the memory to be followed");
    assertEquals(GuestPhase.SUSPENDING, source.guests.view(id).phase());
    write(file(source, "memory.save"), 5000, "written last".getBytes(US_ASCII));
    pieces.add(text(100, 'e'));
    assertEquals(GuestPhase.SUSPENDED, receive(suspendedAndLeft()));
    assertSame();
    assertEquals(List.of(), left());
    long again = fetched.get("memory");
    assertTrue(again >= MIB && again < 3 * MIB, again + " bytes of the memory fetched again");
    assertFalse(fetched.containsKey("scratch"), "nothing of it had changed: " + fetched);
    unused = target.guests.start(id);
    assertEquals(GuestPhase.RUNNING, settled(target));
  }

  @Test
  void aMemoryThatIsLongInComingIsAskedForAgain() throws Exception {
    server = served(Duration.ofMillis(300));
    copied();
    final long disks = expect().bytes();
    GuestView unused = source.guests.suspend(id);
    until(() -> Files.exists(file(source, "memory.save")), "its head to be written");
    // Longer than anybody waits for more of it.
    Thread.sleep(1500);
    assertEquals(GuestPhase.SUSPENDING, source.guests.view(id).phase());
    pieces.add(text(3 * MIB, 'm'));
    until(() -> expect().bytes() >= disks + 3 * MIB, "the memory to be followed");
    assertEquals(GuestPhase.SUSPENDED, receive(suspendedAndLeft()));
    assertSame();
    long again = fetched.get("memory");
    assertTrue(again < 2 * MIB, again + " bytes of the memory fetched again");
  }

  @Test
  void aDiskThatWasWrittenToSinceIsAsItWasLeft() throws Exception {
    write(file(source, "scratch.raw"), 0, text(MIB, 's'));
    copied();
    write(file(source, "scratch.raw"), 4096, new byte[8192]);
    assertEquals(GuestPhase.SUSPENDED, receive(suspendedAndLeft()));
    assertSame();
    assertEquals(MIB, fetched.get("scratch"));
  }

  @Test
  void withoutAnExpectationItComesAsEver() throws Exception {
    offer();
    assertEquals(GuestPhase.SUSPENDED, receive(suspendedAndLeft()));
    assertSame();
  }

  @Test
  void whatIsExpectedAndNotReceivedIsGivenUp() throws Exception {
    copied();
    assertEquals(1, left().size());
    target.clock.jump(Duration.ofMinutes(29));
    target.handOvers.look();
    assertEquals(1, left().size());
    target.clock.jump(Duration.ofMinutes(2));
    target.handOvers.look();
    source.handOvers.forget(id);
    until(() -> left().isEmpty(), "it to be deleted");
    assertEquals(GuestPhase.SUSPENDED, receive(suspendedAndLeft()));
    assertSame();
  }

  @Test
  void removedOrFoundByAnotherAgentItIsDeleted() throws Exception {
    copied();
    target.handOvers.forget(id);
    source.handOvers.forget(id);
    until(() -> left().isEmpty(), "it to be deleted");
    copied();
    target.stop();
    target.start(JournalWatcher.NONE);
    assertEquals(List.of(), left());
    assertEquals(GuestPhase.SUSPENDED, receive(suspendedAndLeft()));
    assertSame();
  }

  @Test
  void anotherWishsCopiesAreNotTaken() throws Exception {
    copied();
    URI address = WireSite.uri(server, "/node");
    Ahead other = target.handOvers.expect(order, "wish-2", address, hostName());
    assertFalse(other.bytes() > 4 * MIB, "begun anew");
    assertEquals(GuestPhase.SUSPENDED, receive(suspendedAndLeft()));
    assertSame();
    until(() -> left().isEmpty(), "it to be deleted");
  }

  private int status(Credential papers, String name) throws Exception {
    URI address = GuestFiles.aheadAtNode(WireSite.uri(server, "/"), id.toString(), name);
    HttpResponse<byte[]> answer =
        site.client(papers)
            .bytes(WireSite.LOCALHOST)
            .send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofByteArray());
    return answer.statusCode();
  }

  @Test
  void onlyTheHostThatIsNamedCopiesAndOnlyWhileItIsOffered() throws Exception {
    assertEquals(403, status(targetPapers, "overlay"));
    offer();
    assertEquals(200, status(targetPapers, "overlay"));
    assertEquals(403, status(site.pki().host("eve.example.org"), "overlay"));
    for (String none : List.of("seed", "console.log", "snapshot/a/overlay", "../overlay", "")) {
      assertFalse(status(targetPapers, none) == 200, none);
    }
    GuestView unused = source.handOvers.takeBack(id, "another wish");
    assertEquals(200, status(targetPapers, "overlay"));
    unused = source.handOvers.takeBack(id, "wish");
    assertEquals(403, status(targetPapers, "overlay"));
    offer();
    source.clock.jump(Duration.ofMinutes(31));
    assertEquals(403, status(targetPapers, "overlay"));
    offer();
    unused = source.guests.remove(id, "enough");
    assertEquals(GuestPhase.ABSENT, settled(source));
    assertEquals(404, status(targetPapers, "overlay"));
    GuestFailedException absent = assertThrows(GuestFailedException.class, this::offer);
    assertEquals("guest.absent", absent.failure().code());
  }

  @Test
  void whatIsHereIsNotExpected() throws Exception {
    GuestView unused = target.guests.prepare(order);
    assertEquals(GuestPhase.PREPARED, settled(target));
    GuestFailedException here = assertThrows(GuestFailedException.class, this::expect);
    assertEquals("guest.here", here.failure().code());
    assertEquals(List.of(), left());
  }

  @Test
  void moreThanFourAreNotExpectedAtATime() throws Exception {
    for (int i = 0; i < 4; i++) {
      Ahead unused =
          target.handOvers.expect(
              source.order(order.image()), "wish", WireSite.uri(server, "/node"), hostName());
    }
    GuestFailedException full = assertThrows(GuestFailedException.class, this::expect);
    assertEquals("guest.expected.too-many", full.failure().code());
  }
}
