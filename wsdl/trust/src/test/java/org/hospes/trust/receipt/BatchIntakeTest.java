package org.hospes.trust.receipt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchIntakeTest {
  @TempDir static Path papers;
  private static TestPki pki;
  private static Credential alpha;
  private static String name;
  @TempDir Path dir;
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private KnownAuthority judge;
  private BatchIntake intake;
  private ReceiptChains.Node node;
  private BatchIntake.Known begin;

  @BeforeAll
  static void authority() {
    pki = TestPki.create(papers);
    alpha = pki.host("alpha.example.org");
    name = ReceiptChains.name(alpha);
  }

  @BeforeEach
  void chain() {
    judge = new KnownAuthority(pki.caCertificate());
    intake = new BatchIntake(judge);
    node = new ReceiptChains(dir, alpha, now).stranger(alpha);
    begin = BatchIntake.Known.begin(node.chain());
  }

  /** Two batches: receipt, receipt, certificate, batch, receipt, batch. */
  private List<String> lines() throws Exception {
    node.boot(UUID.randomUUID());
    node.boot(UUID.randomUUID());
    node.batch();
    node.boot(UUID.randomUUID());
    node.batch();
    node.close();
    return Files.readAllLines(node.segments().get(0));
  }

  private static byte[] text(List<String> lines) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    lines.forEach(line -> text.writeBytes((line + "\n").getBytes(StandardCharsets.UTF_8)));
    return text.toByteArray();
  }

  private void refused(BatchIntake.Known known, String from, byte[] lines) {
    assertThrows(RefusedBatchesException.class, () -> intake.take(known, from, lines, now));
  }

  @Test
  void takesWholeBatchesAndGoesOnBehindThem() throws Exception {
    List<String> all = lines();
    BatchIntake.Accepted first = intake.take(begin, name, text(all.subList(0, 4)), now);
    assertEquals(2, first.receipts().size());
    assertEquals(1, first.batches().size());
    assertEquals(List.of(Papers.of(alpha.chain())), first.papers());
    assertEquals(2, first.known().to());
    assertArrayEquals(all.get(1).getBytes(StandardCharsets.UTF_8), first.receipts().get(1).line());
    // What goes on names its signer again.
    List<String> rest = List.of(all.get(4), all.get(2), all.get(5));
    BatchIntake.Accepted second = intake.take(first.known(), name, text(rest), now);
    assertEquals(3, second.known().to());
    assertEquals(second.known(), intake.take(begin, name, text(all), now).known());
  }

  @Test
  void refusesWhatDoesNotComeNext() throws Exception {
    List<String> all = lines();
    BatchIntake.Known known = intake.take(begin, name, text(all.subList(0, 4)), now).known();
    refused(known, name, text(all));
    refused(begin, name, text(List.of(all.get(4), all.get(2), all.get(5))));
    refused(BatchIntake.Known.begin(UUID.randomUUID()), name, text(all));
    refused(
        new BatchIntake.Known(known.chain(), 2, known.lastBatch(), known.last()),
        name,
        text(List.of(all.get(4), all.get(2), all.get(5))));
  }

  @Test
  void refusesWhatIsNotWhole() throws Exception {
    List<String> all = lines();
    refused(begin, name, new byte[0]);
    refused(begin, name, text(all.subList(0, 2)));
    refused(begin, name, text(all.subList(0, 3)));
    refused(begin, name, text(all.subList(0, 5)));
    for (int i = 0; i < all.size(); i++) {
      List<String> without = new java.util.ArrayList<>(all);
      without.remove(i);
      if (i < 5) {
        refused(begin, name, text(without));
      }
    }
    byte[] whole = text(all);
    for (int i = 0; i < whole.length; i += 101) {
      byte[] other = whole.clone();
      other[i] ^= 1;
      refused(begin, name, other);
      if (i == 0 || whole[i - 1] != '\n') {
        refused(begin, name, java.util.Arrays.copyOf(whole, i));
      }
    }
  }

  @Test
  void refusesOthersLinesAndKeysNotInForce() throws Exception {
    byte[] all = text(lines());
    refused(begin, "/DC=org/DC=hospes/CN=beta.example.org", all);
    assertThrows(
        RefusedBatchesException.class,
        () -> intake.take(begin, name, all, now.minus(Duration.ofMinutes(6))));
    judge.revoke(alpha.leaf(), now.plus(Duration.ofDays(1)));
    refused(begin, name, all);
  }
}
