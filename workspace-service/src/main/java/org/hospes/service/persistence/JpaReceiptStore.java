package org.hospes.service.persistence;

import jakarta.persistence.EntityManager;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.service.persistence.ReceiptRows.BatchRow;
import org.hospes.service.persistence.ReceiptRows.NodeKeyRow;
import org.hospes.service.persistence.ReceiptRows.PapersRow;
import org.hospes.service.persistence.ReceiptRows.ReceiptRow;
import org.hospes.service.persistence.ReceiptRows.RenewalRow;
import org.hospes.service.persistence.ReceiptRows.SaidRow;
import org.hospes.service.receipt.KeptBatch;
import org.hospes.service.receipt.KeptReceipt;
import org.hospes.service.receipt.NodeChain;
import org.hospes.service.receipt.ReceiptStore;
import org.hospes.service.receipt.Said;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/** Receipts in the service's database. */
public final class JpaReceiptStore implements ReceiptStore {
  private final Database database;

  public JpaReceiptStore(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Said> end() {
    return database.inTransaction(m -> end(m).map(SaidRow::value));
  }

  private static Optional<SaidRow> end(EntityManager m) {
    return m.createQuery("select s from SaidRow s order by s.seq desc", SaidRow.class)
        .setMaxResults(1)
        .getResultStream()
        .findFirst();
  }

  @Override
  public Optional<NodeChain> chainOf(DistinguishedName node) {
    return database.inTransaction(
        m ->
            m.createQuery(
                    "select k from NodeKeyRow k where k.node = :node order by k.since desc",
                    NodeKeyRow.class)
                .setParameter("node", node.slash())
                .setMaxResults(1)
                .getResultStream()
                .findFirst()
                .map(NodeKeyRow::value));
  }

  @Override
  public Optional<NodeChain> chain(UUID chain) {
    return database.inTransaction(
        m ->
            Optional.ofNullable(m.find(NodeKeyRow.class, chain.toString())).map(NodeKeyRow::value));
  }

  @Override
  public synchronized void keep(Addition addition) {
    database.inTransaction(
        m -> {
          keep(m, addition);
          return null;
        });
  }

  private static void keep(EntityManager m, Addition addition) {
    long end = end(m).map(row -> row.seq).orElse(0L);
    long expected = addition.said().get(0).seq();
    if (end + 1 != expected) {
      throw new IllegalStateException(
          "the service's chain ends at " + end + " and cannot go on with " + expected);
    }
    NodeChain now = addition.chain();
    NodeKeyRow key = m.find(NodeKeyRow.class, now.chain().toString());
    long before = key == null ? 0 : key.reached;
    long first = addition.batches().get(0).from();
    if (before + 1 != first) {
      throw new IllegalStateException(
          "chain " + now.chain() + " ends at " + before + " and cannot go on with " + first);
    }
    if (key == null) {
      key = new NodeKeyRow(now);
      key.reaches(now);
      m.persist(key);
    }
    // Also by a node that goes on with its old chain: an operator's word is for now.
    RenewalRow renewal = m.find(RenewalRow.class, now.node().slash());
    if (renewal != null) {
      m.remove(renewal);
    }
    key.reaches(now);
    addition
        .papers()
        .forEach(
            (digest, line) -> {
              if (m.find(PapersRow.class, digest) == null) {
                m.persist(new PapersRow(digest, line));
              }
            });
    addition.said().forEach(said -> m.persist(new SaidRow(said)));
    int next = 0;
    for (KeptBatch batch : addition.batches()) {
      m.persist(new BatchRow(batch));
      while (next < addition.receipts().size()
          && addition.receipts().get(next).seq() <= batch.to()) {
        m.persist(new ReceiptRow(addition.receipts().get(next), batch.head()));
        next++;
      }
    }
  }

  @Override
  public synchronized Renewal renew(DistinguishedName node, DistinguishedName by, Instant now) {
    return database.inTransaction(
        m -> {
          RenewalRow row = m.find(RenewalRow.class, node.slash());
          if (row == null) {
            row = new RenewalRow(node.slash(), by.slash(), now);
            m.persist(row);
          }
          return renewal(row);
        });
  }

  @Override
  public Optional<Renewal> renewal(DistinguishedName node) {
    return database.inTransaction(
        m ->
            Optional.ofNullable(m.find(RenewalRow.class, node.slash()))
                .map(JpaReceiptStore::renewal));
  }

  private static Renewal renewal(RenewalRow row) {
    return new Renewal(new DistinguishedName(row.by), row.since);
  }

  @Override
  public List<Said> said(long after, int most) {
    return database.inTransaction(
        m ->
            m
                .createQuery(
                    "select s from SaidRow s where s.seq > :after order by s.seq", SaidRow.class)
                .setParameter("after", after)
                .setMaxResults(most)
                .getResultList()
                .stream()
                .map(SaidRow::value)
                .toList());
  }

  @Override
  public Optional<Said> said(long seq) {
    return database.inTransaction(
        m -> Optional.ofNullable(m.find(SaidRow.class, seq)).map(SaidRow::value));
  }

  @Override
  public Optional<Said> enrolment(UUID chain, String papers) {
    return database.inTransaction(
        m ->
            m.createQuery(
                    "select s from SaidRow s where s.chain = :chain and s.reached = 0"
                        + " and s.subject = :papers",
                    SaidRow.class)
                .setParameter("chain", chain.toString())
                .setParameter("papers", papers)
                .getResultStream()
                .findFirst()
                .map(SaidRow::value));
  }

  @Override
  public Optional<byte[]> papers(String digest) {
    return database.inTransaction(
        m -> Optional.ofNullable(m.find(PapersRow.class, digest)).map(row -> row.line));
  }

  @Override
  public List<KeptReceipt> receipts(WorkspaceId workspace, long after, int most) {
    if (after > Integer.MAX_VALUE) {
      return List.of();
    }
    return database.inTransaction(
        m ->
            m
                .createQuery(
                    "select r from ReceiptRow r where r.workspaceId = :id order by r.head, r.seq",
                    ReceiptRow.class)
                .setParameter("id", workspace.toString())
                .setFirstResult((int) after)
                .setMaxResults(most)
                .getResultList()
                .stream()
                .map(ReceiptRow::value)
                .toList());
  }

  @Override
  public List<KeptReceipt> receipts(UUID chain, long from, long to) {
    return database.inTransaction(
        m ->
            m
                .createQuery(
                    "select r from ReceiptRow r where r.chain = :chain and r.seq >= :low"
                        + " and r.seq <= :high order by r.seq",
                    ReceiptRow.class)
                .setParameter("chain", chain.toString())
                .setParameter("low", from)
                .setParameter("high", to)
                .getResultList()
                .stream()
                .map(ReceiptRow::value)
                .toList());
  }

  @Override
  public Optional<KeptBatch> batch(UUID chain, long seq) {
    return database.inTransaction(
        m ->
            m.createQuery(
                    "select b from BatchRow b where b.chain = :chain and b.reached >= :seq"
                        + " order by b.reached",
                    BatchRow.class)
                .setParameter("chain", chain.toString())
                .setParameter("seq", seq)
                .setMaxResults(1)
                .getResultStream()
                .findFirst()
                .map(BatchRow::value));
  }

  @Override
  public List<KeptBatch> batches(UUID chain, long after, int most) {
    return database.inTransaction(
        m ->
            m
                .createQuery(
                    "select b from BatchRow b where b.chain = :chain and b.head > :after"
                        + " order by b.head",
                    BatchRow.class)
                .setParameter("chain", chain.toString())
                .setParameter("after", after)
                .setMaxResults(most)
                .getResultList()
                .stream()
                .map(BatchRow::value)
                .toList());
  }
}
