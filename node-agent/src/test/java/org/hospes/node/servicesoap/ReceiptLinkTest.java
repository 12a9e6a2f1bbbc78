package org.hospes.node.servicesoap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.Countersign;
import org.hospes.contract.node.CountersignResponse;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.node.receipt.Intake;
import org.hospes.node.receipt.ReceiptBook;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is sent to a service that takes it, that is away, and whose answers are lost. */
class ReceiptLinkTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  @TempDir static Path papers;
  private static Credential host;
  @TempDir Path dir;
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private volatile boolean away;
  private volatile boolean answersLost;
  private Intake intake;
  private ReceiptBook book;
  private ReceiptLink link;

  @BeforeAll
  static void authority() {
    host = TestPki.create(papers).host("node1.example.org");
  }

  @BeforeEach
  void wire() throws Exception {
    intake = new Intake(DistinguishedName.ofSubject(host.leaf()).slash());
    book = ReceiptBook.open(dir, () -> host, id -> true, Clock.systemUTC());
    RegistryPort registry =
        (RegistryPort)
            Proxy.newProxyInstance(
                RegistryPort.class.getClassLoader(),
                new Class<?>[] {RegistryPort.class},
                (proxy, method, arguments) -> answer((Countersign) arguments[0]));
    link = new ReceiptLink(registry, "node1", book);
  }

  @AfterEach
  void close() throws Exception {
    link.close();
    book.close();
  }

  private CountersignResponse answer(Countersign request) throws Exception {
    String what = request.getLines().length == 0 ? "asked" : "sent";
    if (away) {
      heard.add(what + " in vain");
      throw RefusalException.of(FaultCategory.SITE, "site.unreachable", "nobody there");
    }
    assertEquals("node1", request.getName());
    CountersignResponse response = new CountersignResponse();
    response.setHeads(new byte[0]);
    response.setNext(intake.take(UUID.fromString(request.getChain()), request.getLines()));
    boolean lost = answersLost;
    heard.add(what);
    if (lost) {
      throw RefusalException.of(FaultCategory.SITE, "site.connection", "it broke");
    }
    return response;
  }

  private void boot() throws Exception {
    UUID workspace = UUID.randomUUID();
    book.append(
        workspace,
        last -> false,
        place ->
            new Receipt(
                place.chain(),
                place.seq(),
                place.previous(),
                place.node(),
                place.at(),
                workspace,
                place.boot(),
                new Receipt.Image(
                    HASH,
                    Optional.empty(),
                    "classic-sha1",
                    "/CN=Bob",
                    HASH,
                    List.of(),
                    Optional.empty(),
                    Optional.empty()),
                Receipt.Origin.BASE,
                List.of(),
                HASH,
                Optional.empty(),
                "/CN=Ada",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "/CN=service",
                Instant.EPOCH));
    book.sign();
  }

  private void wakes(String... expected) throws Exception {
    link.wake();
    for (String one : expected) {
      assertEquals(one, heard.poll(60, TimeUnit.SECONDS));
    }
  }

  private void settled(boolean well) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (link.trouble().isEmpty() != well && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertEquals(well, link.trouble().isEmpty(), () -> String.valueOf(link.trouble()));
    assertTrue(heard.isEmpty(), heard::toString);
  }

  @Test
  void itAsksOnceAndSendsWhatIsNew() throws Exception {
    boot();
    wakes("asked", "sent");
    boot();
    wakes("sent");
    settled(true);
    assertEquals(2, intake.batches());
  }

  @Test
  void whatWasWrittenWhileTheServiceWasAwayIsSentAfterwards() throws Exception {
    boot();
    away = true;
    wakes("asked in vain");
    settled(false);
    boot();
    boot();
    away = false;
    wakes("asked", "sent");
    settled(true);
    assertEquals(3, intake.batches());
  }

  @Test
  void anAnswerThatIsLostDoublesNothing() throws Exception {
    boot();
    // Trouble that is over tells that it rests: before that it would send what is new by itself.
    away = true;
    wakes("asked in vain");
    settled(false);
    away = false;
    wakes("asked", "sent");
    settled(true);
    boot();
    answersLost = true;
    wakes("sent");
    settled(false);
    answersLost = false;
    boot();
    wakes("asked", "sent");
    settled(true);
    assertEquals(3, intake.batches());
  }

  @Test
  void aServiceThatIsFurtherThanTheNodeIsSaid() throws Exception {
    boot();
    UUID chain = book.head().orElseThrow().chain();
    long unused = intake.take(chain, book.batches(1, 1));
    boot();
    unused = intake.take(chain, book.batches(2, 1));
    link.close();
    book.close();
    Path file = book.files().get(0);
    List<String> lines = java.nio.file.Files.readAllLines(file);
    // The first batch alone: receipt, certificate, batch.
    java.nio.file.Files.writeString(file, String.join("\n", lines.subList(0, 3)) + "\n");
    wireAgain();
    wakes("asked");
    settled(false);
    assertTrue(link.trouble().orElseThrow().contains("backup"), link.trouble()::toString);
  }

  private void wireAgain() throws Exception {
    Intake before = intake;
    wire();
    intake = before;
  }
}
