package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A segment of a node's chain: its lines compared with each other and with the service's word. */
final class SegmentFile {
  private final String file;
  private final Map<UUID, ServiceChain.Node> enrolled;
  private final Findings findings;
  private final PapersShelf shelf;
  private final SignatureChecks.OfFile checks;
  private Receipt first;
  private Receipt last;
  private String lastHash;
  private String firstPreviousBatch;
  private String lastBatch;
  private long batchedTo;
  private MerkleTree tree = new MerkleTree();
  private Papers papers;
  private Papers belonging;
  private boolean papersWait;
  private long receipts;
  private long batches;

  SegmentFile(
      String file,
      Map<UUID, ServiceChain.Node> enrolled,
      Findings findings,
      PapersShelf shelf,
      SignatureChecks.OfFile checks) {
    this.file = file;
    this.enrolled = enrolled;
    this.findings = findings;
    this.shelf = shelf;
    this.checks = checks;
  }

  void take(byte[] line, ReceiptLine read, long number) {
    if (read instanceof Receipt receipt) {
      noPapersWait(number);
      take(line, receipt, number);
    } else if (read instanceof Papers next) {
      if (papersWait || (papers != null && papers.digest().equals(next.digest()))) {
        findings.altered(
            file, number, "a certificate line", "one before its first use only", "one more");
      }
      papers = next;
      papersWait = true;
    } else if (read instanceof Batch batch) {
      papersWait = false;
      take(line, batch, number);
    } else {
      findings.altered(
          file,
          number,
          "a line of another kind",
          "a receipt, a certificate or a batch",
          ServiceFile.kind(read));
    }
  }

  private void noPapersWait(long number) {
    if (papersWait) {
      findings.altered(
          file, number, "the line behind a certificate", "the batch that it signed", "a receipt");
      papersWait = false;
    }
  }

  private void take(byte[] line, Receipt receipt, long number) {
    receipts++;
    if (first == null) {
      first = receipt;
      batchedTo = receipt.seq() - 1;
    } else {
      findings.same(file, number, "the chain", first.chain(), receipt.chain());
      findings.same(file, number, "the node", first.node(), receipt.node());
      findings.same(file, number, "its place in the chain", last.seq() + 1, receipt.seq());
      findings.same(file, number, "the hash of the receipt before", lastHash, receipt.previous());
    }
    last = receipt;
    lastHash = ReceiptLine.hash(line);
    tree.add(line);
  }

  private void take(byte[] line, Batch batch, long number) {
    batches++;
    if (last == null || tree.size() == 0) {
      findings.altered(file, number, "a batch", "receipts before it", "none");
      return;
    }
    findings.same(file, number, "the chain", last.chain(), batch.chain());
    findings.same(file, number, "the first of the batch", batchedTo + 1, batch.from());
    findings.same(file, number, "the last of the batch", last.seq(), batch.to());
    findings.same(file, number, "the hash of its last receipt", lastHash, batch.last());
    String root = HexFormat.of().formatHex(tree.root());
    findings.same(file, number, "the root over its receipts", root, batch.root());
    if (firstPreviousBatch == null) {
      firstPreviousBatch = batch.previousBatch();
    } else {
      findings.same(file, number, "the hash of the batch before", lastBatch, batch.previousBatch());
    }
    tree = new MerkleTree();
    batchedTo = last.seq();
    lastBatch = ReceiptLine.hash(line);
    if (papers == null || !papers.digest().equals(batch.certificate())) {
      findings.altered(
          file,
          number,
          "whose key signed",
          papers == null ? "a certificate line before" : papers.digest(),
          batch.certificate());
      return;
    }
    if (papers != belonging) {
      belonging = papers;
      shelf.belong(papers, last.node(), file, number);
    }
    checks.add(line, batch, papers, number);
    countersigned(batch, number);
  }

  private void countersigned(Batch batch, long number) {
    ServiceChain.Node node = enrolled.get(first.chain());
    Optional<ServiceFile.Word> found =
        node == null ? Optional.empty() : node.covering(batch.from());
    if (found.isEmpty()) {
      return;
    }
    ServiceFile.Word head = found.get();
    String where = head.file() + ":" + head.line();
    findings.same(file, number, "the node by " + where, node.name(), last.node());
    if (head.to() < batch.to()) {
      findings.altered(
          file, number, "where a batch ends, by " + where, "at " + head.to(), "at " + batch.to());
    } else if (head.to() == batch.to()) {
      findings.same(file, number, "the batch's hash, by " + where, head.digest(), lastBatch);
      findings.same(file, number, "the batch's root, by " + where, head.root(), batch.root());
    }
    if (!node.enrolled(batch.certificate(), head.seq())) {
      findings.altered(
          file,
          number,
          "whose key signed, by the enrolments before " + where,
          "papers that the service enrolled",
          batch.certificate());
    }
    Instant at = head.at();
    shelf.used(papers, at, file, number);
  }

  void end(long lines) {
    checks.flush();
    if (papersWait) {
      findings.altered(file, lines, "the last line", "the batch behind it", "a certificate");
    }
  }

  String file() {
    return file;
  }

  /** The first receipt; null when there is none. */
  Receipt first() {
    return first;
  }

  Receipt last() {
    return last;
  }

  String lastHash() {
    return lastHash;
  }

  /** What its first batch has for the one before; null when there is no batch. */
  String firstPreviousBatch() {
    return firstPreviousBatch;
  }

  String lastBatch() {
    return lastBatch;
  }

  /** The last receipt that a batch of it covers. */
  long batchedTo() {
    return batchedTo;
  }

  long receipts() {
    return receipts;
  }

  long batches() {
    return batches;
  }
}
