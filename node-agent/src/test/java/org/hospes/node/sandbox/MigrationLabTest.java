package org.hospes.node.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.node.disk.DiskTools;
import org.hospes.node.disk.GuestDisks;
import org.hospes.node.endpoint.AheadEndpoint;
import org.hospes.node.endpoint.FileEndpoint;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.imagecache.CacheTrail;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.imagecache.TestPapers;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.FileJournal;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.OnCrash;
import org.hospes.node.libvirt.LabNode;
import org.hospes.node.libvirt.LibvirtGuestBridge;
import org.hospes.node.libvirt.LibvirtHypervisor;
import org.hospes.node.network.Forward;
import org.hospes.node.network.ForwardRequest;
import org.hospes.node.network.GuestNetwork;
import org.hospes.node.network.NetworkOfNode;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.bytes.Holes;
import org.hospes.wire.bytes.HolesInput;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest that changes its node, with all parts real: two nodes with a libvirtd, a network and an
 * image cache each, QEMU, and mutual TLS between them.
 */
@Tag("lab")
class MigrationLabTest {
  private static final Duration LONG = Duration.ofMinutes(8);

  /** Counts in memory from its boot on, and counts its boots on its disk. */
  private static final String COUNTS =
      """
      #!/bin/sh
      before=$(dd if=/dev/vda bs=512 skip=2041 count=1 2>/dev/null | tr -d '\\0')
      printf '%sx' "$before" | dd of=/dev/vda bs=512 seek=2041 conv=sync,notrunc 2>/dev/null
      sync
      boot=$(cat /proc/sys/kernel/random/boot_id)
      n=0
      while :; do
        n=$((n + 1))
        echo "$boot $n [$before]" > /www/new
        mv /www/new /www/count
        sleep 1
      done
      """;

  @TempDir Path pki;

  /** What the guest's page says. */
  private record Count(String boot, int n, String before) {
    static Count parse(String page) {
      String[] words = page.strip().split(" ");
      return new Count(words[0], Integer.parseInt(words[1]), words[2]);
    }
  }

  /** An agent, but for SOAP and the papers of images. */
  private static final class Node implements AutoCloseable {
    final LibvirtHypervisor hypervisor;
    final Guests guests;
    final HandOvers handOvers;
    final SecureServer server;
    final Credential papers;
    final GuestFolders folders;

    /** How many bytes of each file another node fetched after it was handed over. */
    final Map<String, Long> fetched = new ConcurrentHashMap<>();

    private final NetworkOfNode network;
    private final LibvirtGuestBridge bridge;
    private final ImageCache cache;
    private final FileJournal journal;

    Node(LabNode lab, TestImages images, WireSite site, String name) throws Exception {
      Path root = lab.folder();
      Clock clock = Clock.systemUTC();
      papers = site.pki().host(name, "localhost", "127.0.0.1");
      hypervisor = LibvirtHypervisor.open(lab.settings(), Clock.systemUTC());
      bridge = new LibvirtGuestBridge(lab.settings().uri());
      network = new NetworkOfNode(lab.namespace(), bridge, root.resolve("network"));
      GuestNetwork guestNetwork = network.network();
      Capabilities capabilities = hypervisor.capabilities();
      journal = FileJournal.open(root.resolve("journal"), JournalWatcher.NONE, clock, page -> {});
      cache =
          new ImageCache(
              root.resolve("images"),
              1L << 30,
              images,
              images,
              new TestPapers(),
              FileVerity.NONE,
              CacheTrail.NONE,
              clock,
              new SimpleMeterRegistry());
      folders = new GuestFolders(root.resolve("guests"));
      SecureClient client = site.client(papers);
      Peers peers =
          host ->
              new TlsRangeSource(
                  client.sslContext(ExpectedServer.dn(host)),
                  Duration.ofSeconds(30),
                  new TlsRangeSource.Manipulation(Holes.NAME, HolesInput::new));
      Hooks hooks =
          new Hooks(
              cache,
              guestNetwork,
              new FileDisks(new GuestDisks(DiskTools.usual(), capabilities.guestOwner())),
              folders,
              hypervisor,
              new Restraints(hypervisor, GuestCaps.NONE),
              capabilities,
              List.of(),
              () -> "test",
              boot -> {},
              peers,
              clock);
      NodeLimits limits = new NodeLimits(8, 8L << 30, 1L << 40, 4, 4L << 30, 1L << 30, 1L << 30, 8);
      guests =
          new Guests(
              journal,
              hooks,
              folders,
              hypervisor,
              limits,
              Duration.ofMinutes(5),
              new Waiters(4, Duration.ofMinutes(1)),
              AuditTrail.NONE,
              clock);
      handOvers =
          new HandOvers(guests, hooks, folders, limits, capabilities, AuditTrail.NONE, clock);
      FileEndpoint files =
          new FileEndpoint(
              List.of(new HandedFiles(guests, folders)),
              (event, facts) -> {
                if (facts.containsKey("bytes")) {
                  fetched.merge(facts.get("file"), Long.valueOf(facts.get("bytes")), Long::sum);
                }
              });
      AheadEndpoint ahead =
          new AheadEndpoint(handOvers.offers(), AuditTrail.NONE, Duration.ofSeconds(20));
      server = site.start(ahead.on(files.on(site.server().credential(() -> papers))));
      guestNetwork.recover(List.of());
    }

    DistinguishedName name() {
      return DistinguishedName.ofSubject(papers.leaf());
    }

    GuestRecord record(UUID id) {
      return guests.view(id).record().orElseThrow();
    }

    void until(UUID id, GuestPhase wanted) throws Exception {
      long end = System.nanoTime() + LONG.toNanos();
      while (guests.view(id).phase() != wanted) {
        GuestView view = guests.view(id);
        assertTrue(
            System.nanoTime() < end && view.phase() != GuestPhase.FAILED, "stands at " + view);
        GuestView unused = guests.await(id, view.phase(), Duration.ofSeconds(2));
      }
    }

    @Override
    public void close() {
      guests.close();
      cache.close();
      journal.close();
      hypervisor.close();
      network.close();
      bridge.close();
    }
  }

  @Test
  void aGuestGoesOnFromItsMemoryOnAnotherNodeAndComesBackWithItsDisk() throws Exception {
    try (LabNode one = LabNode.raise("hvmove");
        LabNode two = one.second();
        WireSite site = WireSite.create(pki)) {
      TestImages images = new TestImages(one.folder(), Clock.systemUTC());
      SignedImage image = images.publish(one.tinyImage(), "/DC=org/DC=hospes/CN=Bob Builder");
      try (Node first = new Node(one, images, site, "first.test");
          Node second = new Node(two, images, site, "second.test")) {
        GuestOrder order = order(image);
        UUID id = order.id();
        GuestView unused = first.guests.prepare(order);
        first.until(id, GuestPhase.PREPARED);
        unused = first.guests.start(id);
        first.until(id, GuestPhase.RUNNING);
        final Count before = awaitCount(first, id, count -> count.n() >= 3);
        assertEquals("[]", before.before());

        unused = first.handOvers.offer(id, "wish-SUSPENDED", second.name());
        until(() -> expect(order, first, second).copied(), "its disks to be copied");
        final long disks = expect(order, first, second).bytes();
        unused = first.guests.suspend(id);
        first.until(id, GuestPhase.SUSPENDED);
        final long memory = Files.size(first.folders.memory(id));
        until(
            () -> expect(order, first, second).bytes() >= disks + memory,
            "its memory to be followed");
        move(order, first, second, GuestPhase.SUSPENDED);
        // The first block, where libvirt says last that all is there, and the end.
        assertTrue(memory > 16L << 20, memory + " bytes of memory");
        assertTrue(first.fetched.get("memory") < 2L << 20, first.fetched.toString());
        assertEquals(List.of(), first.hypervisor.list());
        unused = second.guests.start(id);
        second.until(id, GuestPhase.RUNNING);
        Count after = awaitCount(second, id, count -> count.n() > before.n() + 2);
        assertEquals(before.boot(), after.boot(), "it did not boot");
        assertNotEquals(forward(first, order), forward(second, order));

        unused = second.guests.stop(id, Duration.ofMinutes(2));
        second.until(id, GuestPhase.STOPPED);
        unused = first.guests.remove(id, "it is elsewhere");
        first.until(id, GuestPhase.ABSENT);
        move(order, second, first, GuestPhase.STOPPED);
        unused = second.guests.remove(id, "it is elsewhere");
        second.until(id, GuestPhase.ABSENT);
        unused = first.guests.start(id);
        first.until(id, GuestPhase.RUNNING);
        Count again = awaitCount(first, id, count -> true);
        assertNotEquals(before.boot(), again.boot());
        assertEquals("[x]", again.before(), "what it wrote came along");
        unused = first.guests.remove(id, "the test is over");
        first.until(id, GuestPhase.ABSENT);
      }
    }
  }

  private static Ahead expect(GuestOrder order, Node from, Node to) throws Exception {
    return to.handOvers.expect(
        order, "wish-SUSPENDED", WireSite.uri(from.server, "/node"), from.name());
  }

  private static void until(Callable<Boolean> met, String what) throws Exception {
    long end = System.nanoTime() + LONG.toNanos();
    while (!met.call()) {
      assertTrue(System.nanoTime() < end, what);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static void move(GuestOrder order, Node from, Node to, GuestPhase wanted)
      throws Exception {
    GuestView left = from.handOvers.handOver(order.id(), "wish-" + wanted, to.name());
    Arrival arrival =
        new Arrival(
            "wish-" + wanted,
            WireSite.uri(from.server, "/node"),
            from.name().slash(),
            left.record().orElseThrow().handedOver().orElseThrow());
    GuestView unused = to.handOvers.receive(order, arrival);
    to.until(order.id(), wanted);
  }

  private static Forward forward(Node node, GuestOrder order) {
    return node.record(order.id()).attachment().orElseThrow().forwards().get(0);
  }

  private Count awaitCount(Node node, UUID id, Predicate<Count> met) throws Exception {
    Forward forward = node.record(id).attachment().orElseThrow().forwards().get(0);
    URI page = URI.create("http://" + forward.hostAddress() + ":" + forward.hostPort() + "/count");
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    long end = System.nanoTime() + LONG.toNanos();
    String last = "nothing";
    while (System.nanoTime() < end) {
      try {
        var answer =
            client.send(
                HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(10)).build(),
                BodyHandlers.ofString());
        last = answer.statusCode() + " " + answer.body();
        if (answer.statusCode() == 200 && met.test(Count.parse(answer.body()))) {
          return Count.parse(answer.body());
        }
      } catch (IOException e) {
        last = e.toString();
      }
      TimeUnit.MILLISECONDS.sleep(500);
    }
    throw new AssertionError(page + " says " + last);
  }

  private static GuestOrder order(SignedImage image) {
    return new GuestOrder(
        UUID.randomUUID(),
        "moves",
        "/DC=org/DC=hospes/CN=Ada Physicist",
        Optional.of("demo"),
        TestImages.digestOf(image),
        image,
        List.of(URI.create("https://repository.test/x")),
        1,
        128L << 20,
        1 << 20,
        List.of(new ForwardRequest(OptionalInt.empty(), 80)),
        Optional.empty(),
        Optional.of(COUNTS.getBytes(UTF_8)),
        OnCrash.END,
        Clock.systemUTC().instant().plus(Duration.ofHours(1)));
  }
}
