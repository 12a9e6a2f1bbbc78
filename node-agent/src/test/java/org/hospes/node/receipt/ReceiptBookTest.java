package org.hospes.node.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.AuditFinding;
import org.hospes.trust.receipt.AuditResult;
import org.hospes.trust.receipt.PapersJudge;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptAudit;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReceiptBookTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  @TempDir static Path papers;
  private static TestPki pki;
  private static Credential host;
  @TempDir Path dir;
  private final UUID workspace = UUID.randomUUID();

  @BeforeAll
  static void authority() {
    pki = TestPki.create(papers);
    host = pki.host("node1.example.org");
  }

  private static ReceiptBook open(Path folder) throws IOException {
    return ReceiptBook.open(folder, () -> host, id -> true, Clock.systemUTC());
  }

  private static Receipt receipt(UUID workspace, Place place) {
    return new Receipt(
        place.chain(),
        place.seq(),
        place.previous(),
        place.node(),
        place.at(),
        workspace,
        place.boot(),
        new Receipt.Image(
            HASH,
            Optional.of(HASH),
            "cms",
            "/CN=Bob",
            HASH,
            List.of(),
            Optional.empty(),
            Optional.empty()),
        Receipt.Origin.BASE,
        List.of(),
        HASH,
        Optional.of(HASH),
        "/CN=Ada",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        "/CN=service",
        Instant.EPOCH);
  }

  private static ReceiptReference boot(ReceiptBook book, UUID workspace) throws IOException {
    return book.append(workspace, last -> false, place -> receipt(workspace, place));
  }

  /** What is there hangs together; that no service countersigned it is all that is said of it. */
  private static AuditResult audit(List<Path> files) throws Exception {
    AuditResult result =
        new ReceiptAudit(
                new DistinguishedName("/CN=service"),
                (chain, at) -> new PapersJudge.Judgement(Optional.empty(), List.of()),
                2)
            .judge(files);
    assertEquals(AuditResult.Verdict.NOT_SHOWN_COMPLETE, result.verdict(), result::toString);
    assertEquals(1, result.findings().size(), result::toString);
    assertEquals(AuditFinding.Kind.NOT_SHOWN, result.findings().get(0).kind());
    return result;
  }

  @Test
  void goesOnWhereItStopped() throws Exception {
    ReceiptReference first;
    List<Path> files;
    try (ReceiptBook book = open(dir)) {
      first = boot(book, workspace);
      assertEquals(1, first.seq());
      assertEquals(Optional.empty(), book.head());
      book.sign();
      assertEquals(1, book.head().orElseThrow().seq());
    }
    try (ReceiptBook book = open(dir)) {
      assertEquals(0, book.unsigned());
      ReceiptReference second = boot(book, workspace);
      assertEquals(2, second.seq());
      assertEquals(first.chain(), second.chain());
      assertNotEquals(first.sha256(), second.sha256());
      assertEquals(1, book.unsigned());
      files = book.files();
    }
    AuditResult result = audit(files);
    assertEquals(2, result.receipts());
    assertEquals(2, result.batches());
    assertTrue(Files.readAllLines(files.get(0)).get(3).contains("\"boot\":2,"));
  }

  @Test
  void oneBootIsWrittenOnce() throws Exception {
    ReceiptReference first;
    try (ReceiptBook book = open(dir)) {
      first = boot(book, workspace);
    }
    try (ReceiptBook book = open(dir)) {
      Instant domainMade = Instant.EPOCH;
      ReceiptReference again =
          book.append(
              workspace,
              last -> !last.at().isBefore(domainMade),
              place -> receipt(workspace, place));
      assertEquals(first, again);
      assertEquals(2, boot(book, UUID.randomUUID()).seq());
    }
  }

  /** As a kill, or a power cut behind the last receipt that was promised, leaves the file. */
  @Test
  void isTakenUpHoweverFarItWasWritten() throws Exception {
    byte[] whole;
    try (ReceiptBook book = open(dir.resolve("whole"))) {
      boot(book, workspace);
      boot(book, workspace);
      book.sign();
      boot(book, workspace);
      book.sign();
      whole = Files.readAllBytes(book.files().get(0));
    }
    for (int length = 0;
        length <= whole.length;
        length += length == whole.length ? 1 : step(whole, length)) {
      byte[] kept = Arrays.copyOf(whole, length);
      Path folder = Files.createDirectory(dir.resolve("cut" + length));
      Files.write(folder.resolve("00000001.jsonl"), kept);
      long receipts =
          new String(kept, StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.startsWith("{\"receipt\"") && line.endsWith("Z\"}"))
              .count();
      try (ReceiptBook book = open(folder)) {
        ReceiptReference next = boot(book, workspace);
        if (length > 0 && kept[length - 1] == '\n') {
          assertEquals(receipts + 1, next.seq(), "cut to " + length);
        }
      }
      List<Path> files = List.of(folder.resolve("00000001.jsonl"));
      long found = audit(files).receipts();
      assertTrue(found == receipts + 1 || found == receipts, "cut to " + length);
    }
  }

  /** Every byte around the ends of lines, and some between. */
  private static int step(byte[] whole, int at) {
    for (int i = Math.max(0, at - 2); i < Math.min(whole.length, at + 2); i++) {
      if (whole[i] == '\n') {
        return 1;
      }
    }
    int next = 1;
    while (next < 97 && at + next + 2 < whole.length && whole[at + next + 2] != '\n') {
      next++;
    }
    return next;
  }

  @Test
  void manyAtOnceHaveTheirPlaces() throws Exception {
    Set<Long> places = new ConcurrentSkipListSet<>();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Path> files;
    try (ReceiptBook book =
        ReceiptBook.open(dir, () -> host, id -> true, Clock.systemUTC(), 40_000)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(
            threads.submit(
                () -> {
                  for (int k = 0; k < 25; k++) {
                    places.add(boot(book, UUID.randomUUID()).seq());
                    if (k % 5 == 0) {
                      book.sign();
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
      files = book.files();
    } finally {
      threads.shutdownNow();
    }
    assertEquals(200, places.size());
    assertTrue(files.size() > 1, files.size() + " files");
    assertEquals(200, audit(files).receipts());
    try (ReceiptBook book = open(dir)) {
      assertEquals(201, boot(book, workspace).seq());
    }
  }

  @Test
  void aRenewedKeySignsOn() throws Exception {
    Credential renewed = pki.host("node1.example.org");
    List<Credential> current = new ArrayList<>(List.of(host));
    List<Path> files;
    try (ReceiptBook book =
        ReceiptBook.open(dir, () -> current.get(0), id -> true, Clock.systemUTC())) {
      boot(book, workspace);
      book.sign();
      current.set(0, renewed);
      boot(book, workspace);
      current.set(0, pki.host("node2.example.org"));
      assertThrows(IOException.class, () -> boot(book, workspace), "a chain has one node");
      current.set(0, renewed);
      files = book.files();
    }
    assertEquals(2, audit(files).batches());
  }

  @Test
  void doesNotGoOnBehindWhatItDidNotWrite() throws Exception {
    Path file;
    try (ReceiptBook book = open(dir)) {
      boot(book, workspace);
      boot(book, workspace);
      file = book.files().get(0);
    }
    byte[] before = Files.readAllBytes(file);
    String text = new String(before, StandardCharsets.UTF_8);
    Files.writeString(file, text.replaceFirst("/CN=Ada", "/CN=Eve"));
    assertThrows(ReceiptsDamagedException.class, () -> open(dir));
    Files.writeString(file, text.substring(text.indexOf('\n') + 1));
    assertThrows(ReceiptsDamagedException.class, () -> open(dir));
    Files.write(file, before);
    open(dir).close();
    Credential other = pki.host("node2.example.org");
    assertThrows(
        ReceiptsDamagedException.class,
        () -> ReceiptBook.open(dir, () -> other, id -> true, Clock.systemUTC()));
  }

  @Test
  void whatIsNotOnTheDiskIsNoReceipt() throws Exception {
    ReceiptBook book = open(dir);
    ReceiptReference first = boot(book, workspace);
    Thread.currentThread().interrupt();
    assertThrows(IOException.class, () -> boot(book, workspace));
    assertTrue(Thread.interrupted());
    assertThrows(IOException.class, () -> boot(book, workspace));
    try (ReceiptBook again = open(dir)) {
      ReceiptReference next = boot(again, workspace);
      assertFalse(next.seq() == first.seq());
    }
  }
}
