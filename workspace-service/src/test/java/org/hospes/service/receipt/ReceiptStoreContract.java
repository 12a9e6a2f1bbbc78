package org.hospes.service.receipt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.service.receipt.ReceiptStore.Addition;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;

/** What every store of receipts promises. */
public interface ReceiptStoreContract {
  /** An empty one. */
  ReceiptStore receipts();

  DistinguishedName NODE1 = DistinguishedName.parse("/DC=org/DC=hospes/CN=node1.example.org");
  DistinguishedName NODE2 = DistinguishedName.parse("/DC=org/DC=hospes/CN=node2.example.org");
  DistinguishedName OLIVIA = DistinguishedName.parse("/DC=org/DC=hospes/CN=Olivia Operator");
  Instant NOON = Instant.parse("2026-11-20T12:00:00.123Z");
  UUID ONE = new UUID(1, 1);
  UUID TWO = new UUID(2, 2);
  WorkspaceId WORKSPACE = new WorkspaceId(new UUID(9, 9));

  @Test
  default void anEmptyStoreKnowsNothing() {
    ReceiptStore store = receipts();
    assertEquals(Optional.empty(), store.end());
    assertEquals(Optional.empty(), store.chainOf(NODE1));
    assertEquals(Optional.empty(), store.chain(ONE));
    assertEquals(List.of(), store.said(0, 10));
    assertEquals(List.of(), store.receipts(WORKSPACE, 0, 10));
    assertEquals(List.of(), store.batches(ONE, 0, 10));
  }

  @Test
  default void allOfAnAdditionIsFoundAgain() {
    ReceiptStore store = receipts();
    store.keep(addition(store, NODE1, ONE, 1, 3));
    store.keep(addition(store, NODE2, TWO, 1, 1));
    store.keep(addition(store, NODE1, ONE, 4, 4));
    Said end = store.end().orElseThrow();
    assertEquals(5, end.seq());
    assertEquals(NOON, end.at());
    assertEquals("head 4", text(end.line()));
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), store.said(0, 10).stream().map(Said::seq).toList());
    assertEquals(List.of(3L, 4L), store.said(2, 2).stream().map(Said::seq).toList());
    assertEquals("head 3", text(store.said(2).orElseThrow().line()));
    assertEquals(1, store.enrolment(ONE, "papers of " + ONE).orElseThrow().seq());
    assertEquals(Optional.empty(), store.enrolment(ONE, "papers of " + TWO));
    assertEquals(
        new NodeChain(NODE1, ONE, 1, 4, "last 4", "batch 4"), store.chain(ONE).orElseThrow());
    assertEquals(store.chain(TWO), store.chainOf(NODE2));
    assertArrayEquals(bytes("certificates"), store.papers("papers of " + ONE).orElseThrow());
    assertEquals(
        List.of("receipt 2", "receipt 3"),
        store.receipts(ONE, 2, 3).stream().map(r -> text(r.line())).toList());
    KeptBatch batch = store.batch(ONE, 2).orElseThrow();
    assertEquals(1, batch.from());
    assertEquals(3, batch.to());
    assertEquals(2, batch.head());
    assertEquals(4, store.batch(ONE, 4).orElseThrow().to());
    assertEquals(Optional.empty(), store.batch(ONE, 5));
    assertEquals(List.of(4L), store.batches(ONE, 2, 9).stream().map(KeptBatch::to).toList());
    assertEquals(1, store.batches(ONE, 0, 1).size());
  }

  @Test
  default void aWorkspacesReceiptsComeInTheOrderOfTheirHeadsFromAllNodes() {
    ReceiptStore store = receipts();
    store.keep(addition(store, NODE2, TWO, 1, 2));
    store.keep(addition(store, NODE1, ONE, 1, 1));
    store.keep(addition(store, NODE2, TWO, 3, 3));
    assertEquals(
        List.of(TWO, TWO, ONE, TWO),
        store.receipts(WORKSPACE, 0, 9).stream().map(KeptReceipt::chain).toList());
    assertEquals(2, store.receipts(WORKSPACE, 0, 2).size());
    assertEquals(
        List.of(ONE, TWO),
        store.receipts(WORKSPACE, 2, 9).stream().map(KeptReceipt::chain).toList());
    assertEquals(List.of(), store.receipts(WORKSPACE, 4, 9));
    assertEquals(List.of(), store.receipts(WORKSPACE, Long.MAX_VALUE, 9));
    assertEquals(
        List.of(false, true, false, false),
        store.receipts(WORKSPACE, 0, 9).stream().map(KeptReceipt::doubted).toList());
  }

  @Test
  default void whatDoesNotGoOnWhereItWasChangesNothing() {
    ReceiptStore store = receipts();
    Addition first = addition(store, NODE1, ONE, 1, 3);
    store.keep(first);
    assertThrows(IllegalStateException.class, () -> store.keep(first));
    Addition gap = addition(store, NODE1, ONE, 5, 5);
    assertThrows(IllegalStateException.class, () -> store.keep(gap));
    assertEquals(2, store.end().orElseThrow().seq());
    assertEquals(3, store.chain(ONE).orElseThrow().to());
    assertEquals(3, store.receipts(WORKSPACE, 0, 9).size());
  }

  @Test
  default void aNodesLastChainIsInForceAndSpendsItsRenewal() {
    ReceiptStore store = receipts();
    store.keep(addition(store, NODE1, ONE, 1, 1));
    assertEquals(Optional.empty(), store.renewal(NODE1));
    ReceiptStore.Renewal renewal = store.renew(NODE1, OLIVIA, NOON);
    assertEquals(renewal, store.renew(NODE1, NODE2, NOON.plusSeconds(5)));
    assertEquals(Optional.of(renewal), store.renewal(NODE1));
    store.keep(addition(store, NODE1, ONE, 2, 2));
    assertEquals(Optional.empty(), store.renewal(NODE1), "it went on with what it had");
    store.renew(NODE1, OLIVIA, NOON);
    store.keep(addition(store, NODE1, TWO, 1, 1));
    assertEquals(Optional.empty(), store.renewal(NODE1));
    assertEquals(TWO, store.chainOf(NODE1).orElseThrow().chain());
    assertEquals(2, store.chain(ONE).orElseThrow().to());
  }

  private static Addition addition(
      ReceiptStore store, DistinguishedName node, UUID chain, long from, long to) {
    long seq = store.end().map(Said::seq).orElse(0L);
    String papers = "papers of " + chain;
    boolean begins = store.chain(chain).isEmpty();
    List<Said> said = new java.util.ArrayList<>();
    if (begins) {
      seq++;
      said.add(new Said(seq, NOON, chain, 0, papers, "service", bytes("enrolment")));
    }
    long head = seq + 1;
    said.add(new Said(head, NOON, chain, to, "batch " + to, "service", bytes("head " + to)));
    List<KeptReceipt> receipts = new java.util.ArrayList<>();
    for (long i = from; i <= to; i++) {
      receipts.add(new KeptReceipt(chain, i, WORKSPACE, i == 2, bytes("receipt " + i)));
    }
    return new Addition(
        said,
        Map.of(papers, bytes("certificates")),
        receipts,
        List.of(new KeptBatch(chain, from, to, papers, head, bytes("batch " + to))),
        new NodeChain(
            node,
            chain,
            begins ? seq : store.chain(chain).orElseThrow().since(),
            to,
            "last " + to,
            "batch " + to));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] line) {
    return new String(line, StandardCharsets.UTF_8);
  }
}
