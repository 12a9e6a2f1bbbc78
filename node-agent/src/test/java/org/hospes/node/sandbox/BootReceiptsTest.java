package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.node.journal.AskedBy;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.receipt.ReceiptBook;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptLine;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No guest runs before its receipt is written; {@link TestNode} looks at each. */
class BootReceiptsTest {
  private static final Duration PATIENT = Duration.ofSeconds(60);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path root;
  private TestNode node;

  @BeforeEach
  void bring() {
    node = new TestNode(root);
  }

  @AfterEach
  void takeDown() {
    node.close();
  }

  private UUID prepared() throws Exception {
    GuestOrder order = node.order(node.images.publish(1 << 20, 1));
    node.guests.prepare(order);
    settled(order.id());
    return order.id();
  }

  private GuestView settled(UUID id) throws InterruptedException {
    assertTrue(node.guests.settled(PATIENT), "it goes on for ever");
    return node.guests.view(id);
  }

  private GuestPhase started(UUID id) throws Exception {
    node.guests.start(id);
    return settled(id).phase();
  }

  @Test
  void everyStartHasItsOwn() throws Exception {
    UUID id = prepared();
    assertEquals(List.of(), node.receipts(), "nothing runs yet");
    assertEquals(GuestPhase.RUNNING, started(id));
    assertEquals(1, node.receipts().size());
    BootReceipts.Boot first = node.receipts().get(0);
    assertEquals(List.of(), first.state(), "it begins with the image alone");
    Path folder = root.resolve("guests").resolve(id.toString());
    Files.writeString(folder.resolve("disk.qcow2"), "the guest's own");
    node.guests.stop(id, LIMIT);
    List<SealedDisk> sealed = settled(id).record().orElseThrow().seal().orElseThrow();
    assertEquals(GuestPhase.RUNNING, started(id));
    assertEquals(2, node.receipts().size());
    BootReceipts.Boot second = node.receipts().get(1);
    assertEquals(
        sealed.stream().filter(disk -> !disk.name().equals(SealedDisk.SEED)).toList(),
        second.state());
    assertEquals(first.seed(), second.seed());
    assertEquals(first.definition(), second.definition());
  }

  @Test
  void eachTellsOfTheMessageThatAskedForIt() throws Exception {
    UUID id = prepared();
    Optional<AskedBy> ordered = node.guests.view(id).record().orElseThrow().order().request();
    started(id);
    assertEquals(ordered, node.receipts().get(0).record().order().request());
    node.guests.stop(id, LIMIT);
    settled(id);
    Optional<AskedBy> message =
        Optional.of(new AskedBy(Digest.sha256Of(new byte[] {1, 2, 3}), Optional.of("/CN=Olga")));
    node.guests.start(id, message, Optional.empty());
    settled(id);
    assertEquals(message, node.receipts().get(1).record().order().request());
    node.guests.stop(id, LIMIT);
    settled(id);
    started(id);
    assertEquals(message, node.receipts().get(2).record().order().request(), "of the last one");
  }

  @Test
  void oneThatGoesOnFromItsMemoryHasItsOwn() throws Exception {
    UUID id = prepared();
    started(id);
    node.guests.suspend(id);
    assertEquals(GuestPhase.SUSPENDED, settled(id).phase());
    assertEquals(GuestPhase.RUNNING, started(id));
    assertEquals(2, node.receipts().size());
    assertTrue(
        node.receipts().get(1).state().stream()
            .anyMatch(disk -> disk.name().equals(SealedDisk.MEMORY)));
  }

  @Test
  void nothingRunsWithoutOne() throws Exception {
    UUID id = prepared();
    node.receiptsFail(true);
    node.guests.start(id);
    assertEquals(GuestPhase.FAILED, settled(id).phase());
    assertEquals(
        "receipt.unwritten", settled(id).record().orElseThrow().failure().orElseThrow().code());
    assertEquals(0, node.hypervisor.calls().stream().filter(c -> c.startsWith("resume")).count());
    assertEquals(List.of(), node.receipts());
  }

  @Test
  void aRestartedAgentWritesNoneForWhatRunsAlready() throws Exception {
    UUID id = prepared();
    started(id);
    node.stop();
    node.start(JournalWatcher.NONE);
    assertEquals(GuestPhase.RUNNING, settled(id).phase());
    assertEquals(1, node.receipts().size());
  }

  @Test
  void theBookHasWhatTheJournalKnows() throws Exception {
    Credential host = TestPki.create(root.resolve("pki")).host("node1.example.org");
    SignedImage plain = node.images.publish(1 << 20, 1);
    Digest request = Digest.sha256Of(new byte[] {1, 2, 3});
    GuestOrder ordered =
        node.order(new SignedImage(plain.manifest(), plain.form(), plain.signature(), host.chain()))
            .withRequest(Optional.of(new AskedBy(request, Optional.of("/CN=Olga"))));
    UUID id = ordered.id();
    node.guests.prepare(ordered);
    settled(id);
    started(id);
    BootReceipts.Boot boot = node.receipts().get(0);
    try (ReceiptBook book =
        ReceiptBook.open(root.resolve("receipts"), () -> host, any -> true, node.clock)) {
      BookedReceipts receipts =
          new BookedReceipts(book, () -> "ab".repeat(32), "/DC=org/CN=service.example.org");
      receipts.write(boot);
      receipts.write(boot);
      List<String> lines = Files.readAllLines(book.files().get(0));
      assertEquals(1, lines.size(), "one boot is written once");
      Receipt receipt = (Receipt) ReceiptLine.read(lines.get(0).getBytes(StandardCharsets.UTF_8));
      assertEquals(id, receipt.workspace());
      assertEquals(1, receipt.boot());
      assertEquals(Receipt.Origin.BASE, receipt.from());
      assertEquals(boot.definition(), receipt.definition());
      assertEquals(boot.seed().sha256(), receipt.seed().orElseThrow());
      GuestOrder order = boot.record().order();
      assertEquals(Optional.of(request.hex()), receipt.request());
      assertEquals(Optional.of("/CN=Olga"), receipt.asker());
      assertEquals(order.owner(), receipt.requester());
      assertEquals(order.virtualOrganisation(), receipt.vo());
      assertEquals(order.imageDigest().hex(), receipt.image().sha256());
      assertEquals(List.of("/CN=Carl", "/CN=Dora"), receipt.image().endorsers());
      assertEquals(Optional.of("test"), receipt.image().rule());
      assertEquals("/DC=org/DC=hospes/CN=node1.example.org", receipt.node());
      assertNotEquals(java.time.Instant.EPOCH, receipt.verifiedAt());
    }
  }
}
