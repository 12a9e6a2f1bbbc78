package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hospes.service.receipt.KeptBatch;
import org.hospes.service.receipt.KeptReceipt;
import org.hospes.service.receipt.NodeChain;
import org.hospes.service.receipt.Said;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/** Receipts, and the service's chain over them, as rows. */
final class ReceiptRows {
  private ReceiptRows() {}

  /** A place in a node's chain, as a key. */
  static String key(UUID chain, long seq) {
    return chain + "/" + seq;
  }

  @Entity(name = "PapersRow")
  @Table(name = "receipt_papers")
  static class PapersRow {
    @Id String digest;
    byte[] line;

    /** For Hibernate. */
    protected PapersRow() {}

    PapersRow(String digest, byte[] line) {
      this.digest = digest;
      this.line = line;
    }
  }

  @Entity(name = "NodeKeyRow")
  @Table(name = "node_key")
  static class NodeKeyRow {
    @Id String chain;
    String node;

    @Column(name = "since_line")
    long since;

    long reached;

    @Column(name = "last_hash")
    String last;

    @Column(name = "last_batch")
    String lastBatch;

    /** For Hibernate. */
    protected NodeKeyRow() {}

    NodeKeyRow(NodeChain begun) {
      chain = begun.chain().toString();
      node = begun.node().slash();
      since = begun.since();
    }

    void reaches(NodeChain now) {
      reached = now.to();
      last = now.last();
      lastBatch = now.lastBatch();
    }

    NodeChain value() {
      return new NodeChain(
          new DistinguishedName(node), UUID.fromString(chain), since, reached, last, lastBatch);
    }
  }

  @Entity(name = "RenewalRow")
  @Table(name = "node_renewal")
  static class RenewalRow {
    @Id String node;

    @Column(name = "by_dn")
    String by;

    Instant since;

    /** For Hibernate. */
    protected RenewalRow() {}

    RenewalRow(String node, String by, Instant since) {
      this.node = node;
      this.by = by;
      this.since = since;
    }
  }

  @Entity(name = "SaidRow")
  @Table(name = "receipt_head")
  static class SaidRow {
    @Id long seq;
    Instant at;
    String chain;
    long reached;
    String subject;
    String signer;
    byte[] line;

    /** For Hibernate. */
    protected SaidRow() {}

    SaidRow(Said said) {
      seq = said.seq();
      at = said.at();
      chain = said.chain().toString();
      reached = said.to();
      subject = said.subject();
      signer = said.signer();
      line = said.line();
    }

    Said value() {
      return new Said(seq, at, UUID.fromString(chain), reached, subject, signer, line);
    }
  }

  @Entity(name = "BatchRow")
  @Table(name = "receipt_batch")
  static class BatchRow {
    @Id String id;
    String chain;
    long first;
    long reached;
    String papers;
    long head;
    byte[] line;

    /** For Hibernate. */
    protected BatchRow() {}

    BatchRow(KeptBatch batch) {
      id = key(batch.chain(), batch.to());
      chain = batch.chain().toString();
      first = batch.from();
      reached = batch.to();
      papers = batch.papers();
      head = batch.head();
      line = batch.line();
    }

    KeptBatch value() {
      return new KeptBatch(UUID.fromString(chain), first, reached, papers, head, line);
    }
  }

  @Entity(name = "ReceiptRow")
  @Table(name = "receipt")
  static class ReceiptRow {
    @Id String id;
    String chain;
    long seq;
    long head;

    @Column(name = "workspace_id")
    String workspaceId;

    boolean doubted;
    byte[] line;

    /** For Hibernate. */
    protected ReceiptRow() {}

    ReceiptRow(KeptReceipt receipt, long head) {
      id = key(receipt.chain(), receipt.seq());
      chain = receipt.chain().toString();
      seq = receipt.seq();
      this.head = head;
      workspaceId = receipt.workspace().toString();
      doubted = receipt.doubted();
      line = receipt.line();
    }

    KeptReceipt value() {
      return new KeptReceipt(
          UUID.fromString(chain), seq, WorkspaceId.parse(workspaceId), doubted, line);
    }
  }
}
