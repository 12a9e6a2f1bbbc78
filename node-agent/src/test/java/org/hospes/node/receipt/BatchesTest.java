package org.hospes.node.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the book gives of its batches is what a service takes, from wherever it is asked. */
class BatchesTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  @TempDir static Path papers;
  private static TestPki pki;
  private static Credential first;
  private static Credential second;
  @TempDir Path dir;
  private Credential host = first;

  @BeforeAll
  static void authority() {
    pki = TestPki.create(papers);
    first = pki.host("node1.example.org");
    second = pki.host("node1.example.org");
  }

  private ReceiptBook open(long segmentBytes) throws IOException {
    return ReceiptBook.open(dir, () -> host, id -> true, Clock.systemUTC(), segmentBytes);
  }

  private static void boot(ReceiptBook book, String image) throws IOException {
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
                    Optional.of(HASH),
                    "cms",
                    "/CN=" + image,
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
                Instant.EPOCH));
  }

  private static Intake intake() {
    return new Intake(DistinguishedName.ofSubject(first.leaf()).slash());
  }

  private static int sendAll(ReceiptBook book, Intake intake, int most) throws Exception {
    UUID chain = book.head().orElseThrow().chain();
    long next = intake.take(chain, new byte[0]);
    int messages = 0;
    while (true) {
      byte[] lines = book.batches(next, most);
      if (lines.length == 0) {
        assertEquals(book.head().orElseThrow().seq() + 1, next);
        return messages;
      }
      next = intake.take(chain, lines);
      messages++;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4000, 1 << 20})
  void aServiceThatWasAwayIsGivenAllOfItInItsOrder(int most) throws Exception {
    Random random = new Random(7);
    try (ReceiptBook book = open(6000)) {
      int batches = 0;
      for (int i = 0; i < 30; i++) {
        for (int n = random.nextInt(5); n >= 0; n--) {
          boot(book, "Bob");
        }
        host = i % 7 < 4 ? first : second;
        book.sign();
        batches++;
      }
      boot(book, "not signed yet");
      assertTrue(book.files().size() > 3, "several files");
      Intake intake = intake();
      int messages = sendAll(book, intake, most);
      assertEquals(batches, intake.batches());
      assertTrue(most > 1 ? messages <= batches : messages == batches);
      // One that forgot is told everything again, and one that knows half of it the other half.
      intake.forget();
      sendAll(book, intake, most);
      assertEquals(batches, intake.batches());
      book.sign();
      sendAll(book, intake, most);
      assertEquals(batches + 1, intake.batches());
      assertEquals(0, book.batches(2 + book.head().orElseThrow().seq(), most).length);
    }
    try (ReceiptBook again = open(6000)) {
      Intake intake = intake();
      sendAll(again, intake, most);
      boot(again, "Bob");
      again.sign();
      sendAll(again, intake, most);
    }
  }

  @Test
  void whereNoBatchBeginsNothingIsGiven() throws Exception {
    try (ReceiptBook book = open(1 << 20)) {
      assertEquals(0, book.batches(1, 1000).length);
      boot(book, "Bob");
      boot(book, "Bob");
      book.sign();
      assertEquals(0, book.batches(2, 1000).length);
      assertTrue(book.batches(1, 1).length > 1);
    }
  }

  @Test
  void aBatchFitsIntoAMessageHoweverManyBootAtOnce() throws Exception {
    String longName = "B".repeat(30_000);
    try (ReceiptBook book = open(64 << 20)) {
      for (int i = 0; i < 40; i++) {
        boot(book, longName);
      }
      book.sign();
      Intake intake = intake();
      sendAll(book, intake, 1);
      assertTrue(intake.batches() > 3, "several batches");
      for (long next = 1; next <= 40; ) {
        byte[] lines = book.batches(next, 1);
        assertTrue(lines.length < 512 << 10, lines.length + " bytes");
        next += lines.length / 30_000;
      }
    }
  }
}
