package org.hospes.node.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.ConsoleChannel;
import org.hospes.contract.ConsoleChannel.Over;
import org.hospes.contract.common.FaultCategory;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.hypervisor.EchoingConsole;
import org.hospes.node.journal.Failure;
import org.hospes.node.sandbox.GuestFailedException;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.RawConnection;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** People on the consoles of guests that write back what is typed, over real sockets. */
@Timeout(180)
class ConsoleEndpointTest {
  private static final String ADA = "/DC=org/CN=Ada";
  private static final String EVE = "/DC=org/CN=Eve Größe";

  private record Told(String event, Map<String, String> facts) {}

  @TempDir Path root;
  private WireSite site;
  private ConsoleEndpoint endpoint;
  private SecureServer server;
  private Credential servicePapers;
  private SecureClient service;
  private final Set<UUID> deaf = ConcurrentHashMap.newKeySet();
  private final Set<UUID> alive = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<Told> detached = new LinkedBlockingQueue<>();
  private final List<Told> told = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start() throws Exception {
    site = WireSite.create(root.resolve("pki"));
    servicePapers = site.pki().host("service.example.org");
    service = site.client(servicePapers);
    serve(Duration.ofSeconds(60));
  }

  private void serve(Duration stall) throws Exception {
    endpoint =
        new ConsoleEndpoint(
            this::open,
            (event, facts) -> {
              told.add(new Told(event, Map.copyOf(facts)));
              if (event.equals("console.detach")) {
                detached.add(new Told(event, Map.copyOf(facts)));
              }
            },
            DistinguishedName.ofSubject(servicePapers.leaf()),
            stall,
            Clock.systemUTC());
    server = site.start(endpoint.on(site.server()));
  }

  @AfterEach
  void stop() throws Exception {
    endpoint.close();
    site.close();
  }

  private UUID running() {
    UUID guest = UUID.randomUUID();
    alive.add(guest);
    return guest;
  }

  private ConsoleLine open(UUID guest) throws GuestFailedException {
    if (!alive.contains(guest)) {
      throw GuestFailedException.refused(
          Failure.of(Failure.Category.NOT_FOUND, "guest.absent", "no such guest on this node"));
    }
    return deaf.contains(guest)
        ? new DeafConsole()
        : new EchoingConsole(() -> alive.contains(guest));
  }

  private RawConnection attach(UUID guest, String holder, Over over) throws IOException {
    return attach(service, guest, holder, over);
  }

  private RawConnection attach(SecureClient as, UUID guest, String holder, Over over)
      throws IOException {
    return as.upgrade(
        ConsoleChannel.atNode(WireSite.uri(server, "/node"), guest.toString(), holder, over),
        ConsoleChannel.PROTOCOL,
        WireSite.LOCALHOST);
  }

  private static void type(RawConnection console, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    console.write(bytes, 0, bytes.length);
  }

  private static String hear(RawConnection console, String until) throws IOException {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    byte[] piece = new byte[4096];
    while (!heard.toString(UTF_8).contains(until)) {
      int n = console.read(piece);
      assertTrue(n > 0, "ended after: " + heard);
      heard.write(piece, 0, n);
    }
    return heard.toString(UTF_8);
  }

  private Told detached() throws Exception {
    Told found = detached.poll(60, TimeUnit.SECONDS);
    assertTrue(found != null, "nobody left");
    return found;
  }

  private static RefusalException refused(org.junit.jupiter.api.function.Executable call) {
    return assertThrows(RefusalException.class, call);
  }

  @Test
  void whatIsTypedReachesTheGuestAndWhatItWritesComesBack() throws Exception {
    UUID guest = running();
    RawConnection console = attach(guest, ADA, Over.NOBODY);
    type(console, "uname\r");
    assertEquals("uname\r", hear(console, "\r"));
    console.close();
    Told left = detached();
    assertEquals("left", left.facts().get("reason"));
    assertEquals(ADA, left.facts().get("holder"));
    assertEquals("6", left.facts().get("typed"));
    assertEquals("6", left.facts().get("written"));
    assertEquals(0, endpoint.count());
  }

  @Test
  void aPersonWhoLeavesAGuestThatReadsNothingHoldsItsConsoleNoLongerThanThat() throws Exception {
    endpoint.close();
    serve(Duration.ofSeconds(2));
    UUID guest = running();
    deaf.add(guest);
    RawConnection console = attach(guest, ADA, Over.NOBODY);
    type(console, "x".repeat(1 << 16));
    console.close();
    assertEquals("the guest does not read what is typed", detached().facts().get("reason"));
    deaf.remove(guest);
    RawConnection again = attach(guest, EVE, Over.NOBODY);
    type(again, "uname\r");
    assertEquals("uname\r", hear(again, "\r"));
    again.close();
  }

  /** Of a guest that reads nothing of what is typed, and says nothing. */
  private static final class DeafConsole implements ConsoleLine {
    private volatile boolean closed;

    @Override
    public int read(byte[] into) throws IOException {
      return nothing();
    }

    @Override
    public int type(byte[] bytes, int offset, int length) throws IOException {
      return nothing();
    }

    private int nothing() throws IOException {
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      return closed ? -1 : 0;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void aPasteLargerThanEveryBufferArrivesWhole() throws Exception {
    UUID guest = running();
    RawConnection console = attach(guest, ADA, Over.NOBODY);
    int size = 64 << 20;
    Thread typing =
        new Thread(
            () -> {
              byte[] piece = "0123456789abcdef".repeat(4096).getBytes(UTF_8);
              try {
                for (int sent = 0; sent < size; sent += piece.length) {
                  console.write(piece, 0, piece.length);
                }
              } catch (IOException e) {
                console.abort();
              }
            });
    typing.start();
    byte[] piece = new byte[64 << 10];
    long came = 0;
    long skipped = 0;
    StringBuilder note = new StringBuilder();
    while (came + skipped < size) {
      int n = console.read(piece);
      assertTrue(n > 0, "ended after " + came);
      for (int i = 0; i < n; i++) {
        char each = (char) piece[i];
        if (each == '[' || note.length() > 0) {
          note.append(each);
        } else if (each != '\r' && each != '\n') {
          came++;
        }
        // Read so slowly that some was dropped: that must be told, to the byte. A note may come in
        // two pieces.
        if (each == ']') {
          java.util.regex.Matcher told =
              java.util.regex.Pattern.compile("\\[console: (\\d+) bytes were .*").matcher(note);
          assertTrue(told.matches(), note.toString());
          skipped += Long.parseLong(told.group(1));
          note.setLength(0);
        }
      }
    }
    assertEquals(size, came + skipped, note.toString());
    typing.join();
    console.close();
    assertEquals(Long.toString(size), detached().facts().get("typed"));
  }

  @Test
  void oneAtATimeUnlessItMayBeTakenOver() throws Exception {
    UUID guest = running();
    RawConnection first = attach(guest, ADA, Over.NOBODY);
    for (Over over : List.of(Over.NOBODY, Over.SELF)) {
      RefusalException refusal = refused(() -> attach(guest, EVE, over));
      assertEquals(FaultCategory.CONFLICT, refusal.category());
      assertEquals("console.attached", refusal.code());
      assertEquals(ADA, refusal.facts().get("attached"));
    }
    assertEquals("console.attached", refused(() -> attach(guest, ADA, Over.NOBODY)).code());
    RawConnection second = attach(guest, ADA, Over.SELF);
    assertTrue(hear(first, "]").contains("taken over by " + ADA));
    assertEquals(-1, first.read(new byte[8]), "an end that was meant");
    RawConnection third = attach(guest, EVE, Over.ANYBODY);
    assertTrue(hear(second, "]").contains("taken over by " + EVE));
    type(third, "still here\r");
    assertEquals("still here\r", hear(third, "\r"));
    assertEquals(1, endpoint.count());
    third.close();
  }

  @Test
  void theEndOfTheGuestIsTheEndOfItsConsole() throws Exception {
    UUID guest = running();
    RawConnection console = attach(guest, ADA, Over.NOBODY);
    type(console, "poweroff\r");
    hear(console, "poweroff\r");
    alive.remove(guest);
    assertTrue(hear(console, "]").contains("the guest's console ended"));
    assertEquals(-1, console.read(new byte[8]));
    assertEquals("the guest's console ended", detached().facts().get("reason"));
    assertEquals("guest.absent", refused(() -> attach(guest, ADA, Over.NOBODY)).code());
  }

  @Test
  void aServiceThatVanishesLeavesTheConsoleFree() throws Exception {
    UUID guest = running();
    RawConnection console = attach(guest, ADA, Over.NOBODY);
    type(console, "x");
    hear(console, "x");
    console.abort();
    detached();
    attach(guest, EVE, Over.NOBODY).close();
  }

  @Test
  void theServiceAloneIsObeyed() throws Exception {
    UUID guest = running();
    SecureClient other = site.client(site.pki().host("other.example.org"));
    assertEquals("peer.not-allowed", refused(() -> attach(other, guest, ADA, Over.NOBODY)).code());
    SecureClient proxy = site.client(site.pki().proxy(servicePapers, ProxyKind.FULL));
    assertEquals("node.caller", refused(() -> attach(proxy, guest, ADA, Over.NOBODY)).code());
    assertEquals(0, endpoint.count());
    assertTrue(
        told.stream().anyMatch(t -> "node.caller".equals(t.facts().get("code"))), told.toString());
  }

  @Test
  void whatMakesNoSenseIsRefusedAndTakesNoPlace() throws Exception {
    UUID guest = running();
    assertEquals("order.invalid", refused(() -> attach(guest, " ", Over.NOBODY)).code());
    RefusalException refusal =
        refused(
            () ->
                service.upgrade(
                    WireSite.uri(server, "/console/../node?holder=x&over=nobody"),
                    ConsoleChannel.PROTOCOL,
                    WireSite.LOCALHOST));
    assertTrue(List.of("http.404", "http.400").contains(refusal.code()), refusal.code());
    // More often than there are places.
    for (int i = 0; i < 40; i++) {
      assertEquals(
          "guest.absent", refused(() -> attach(UUID.randomUUID(), ADA, Over.NOBODY)).code());
    }
    attach(guest, ADA, Over.NOBODY).close();
    detached();
  }

  @Test
  void soManyAtOnceAndNoMore() throws Exception {
    List<RawConnection> all = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      all.add(attach(running(), ADA, Over.NOBODY));
    }
    UUID one = running();
    RefusalException refusal = refused(() -> attach(one, ADA, Over.NOBODY));
    assertEquals("console.too-many", refusal.code());
    assertEquals(FaultCategory.NO_CAPACITY, refusal.category());
    all.forEach(RawConnection::close);
    for (int i = 0; i < 32; i++) {
      detached();
    }
    assertEquals(0, endpoint.count());
  }
}
