package org.hospes.service.receipt;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.receipt.AuditFinding;
import org.hospes.trust.receipt.Batch;
import org.hospes.trust.receipt.BatchIntake;
import org.hospes.trust.receipt.Enrolment;
import org.hospes.trust.receipt.Head;
import org.hospes.trust.receipt.Papers;
import org.hospes.trust.receipt.PapersJudge;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptLine;
import org.hospes.trust.receipt.RefusedBatchesException;

/**
 * Countersigns what nodes write: a line of the service's own chain for each batch that goes on
 * exactly where that node's chain was, and for each key that signs for it from then on. A line is
 * kept, with all that it covers, before anybody hears of it; killed at any point, none is lost and
 * none is there twice. A node has one chain: one that comes with another, or with an older one, is
 * refused until an operator says otherwise. Safe for use by many threads.
 */
public final class HeadKeeper {
  private static final String NOTHING = "0".repeat(64);
  private static final int MOST_FINDINGS = 3;

  private final ReceiptStore store;
  private final BatchIntake intake;
  private final CredentialSource host;
  private final AuditLog audit;
  private final Clock clock;
  private final NodeComplaints complaints;
  private final Doubts doubts;
  private final Map<String, NodeChain> heard = new ConcurrentHashMap<>();

  /**
   * Wires it.
   *
   * @param judge of nodes' certificates
   * @param host whose key countersigns
   * @param placements of the workspaces that nodes name
   */
  public HeadKeeper(
      ReceiptStore store,
      PapersJudge judge,
      CredentialSource host,
      Placements placements,
      AuditLog audit,
      Clock clock) {
    this.doubts = new Doubts(placements);
    this.store = store;
    this.intake = new BatchIntake(judge);
    this.host = host;
    this.audit = audit;
    this.clock = clock;
    this.complaints = new NodeComplaints(audit, clock);
  }

  /**
   * What a node is told.
   *
   * @param heads the lines written for it, each with its line feed
   * @param next the receipt that is wanted next
   */
  public record Countersigned(byte[] heads, long next) {}

  /**
   * A node's last signed line, as it says itself.
   *
   * @param to the last receipt that is signed
   * @param lastBatch hash of its batch
   */
  public record Reported(UUID chain, long to, String lastBatch) {}

  /**
   * Takes a node's next lines.
   *
   * @param name of the node
   * @param node who sends them, as TLS proved it
   * @param lines whole batches; none: only asks what is wanted next
   * @throws RefusedException when they are not what comes next; nothing of them counts
   */
  public synchronized Countersigned countersign(
      String name, DistinguishedName node, UUID chain, byte[] lines) {
    try {
      NodeChain known = known(name, node, chain);
      if (lines.length == 0) {
        return new Countersigned(new byte[0], known.to() + 1);
      }
      Instant now = clock.instant();
      BatchIntake.Accepted accepted = intake.take(known.known(), node.slash(), lines, now);
      Map<WorkspaceId, Set<String>> elsewhere =
          doubts.about(name, accepted.receipts().stream().map(BatchIntake.Taken::read).toList());
      ReceiptStore.Addition addition = addition(known, accepted, elsewhere.keySet());
      store.keep(addition);
      complaints.settled(name);
      elsewhere.entrySet().stream()
          .min(Map.Entry.comparingByKey())
          .ifPresent(e -> complaints.doubted(name, node, e.getKey(), e.getValue()));
      written(name, node, known, addition);
      LineFile heads = new LineFile(digest -> addition.papers().get(digest));
      addition.said().forEach(said -> heads.signed(said.signer(), said.line()));
      return new Countersigned(heads.bytes(), addition.chain().to() + 1);
    } catch (RefusedBatchesException e) {
      throw complaints.refused(name, node, notNext(name, e));
    } catch (RefusedException e) {
      throw complaints.refused(name, node, e.refusal());
    }
  }

  /** Where the chain that a node comes with may go on; a new one where it has none. */
  private NodeChain known(String name, DistinguishedName node, UUID chain) {
    Optional<NodeChain> current = store.chainOf(node);
    if (current.isPresent() && current.get().chain().equals(chain)) {
      return current.get();
    }
    Optional<NodeChain> taken = store.chain(chain);
    if (taken.isPresent()) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "receipts.other-chain",
              "node "
                  + name
                  + " comes with the chain of receipts "
                  + chain
                  + ", which was "
                  + (taken.get().node().equals(node) ? "its own before" : taken.get().node() + "'s")
                  + " and goes on no more")
          .advice(NodeComplaints.ADVICE)
          .fact("expected", current.map(c -> c.chain().toString()).orElse("a new chain"))
          .fact("found", chain)
          .toException();
    }
    if (current.isPresent() && store.renewal(node).isEmpty()) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "receipts.other-chain",
              "node "
                  + name
                  + " comes with another chain of receipts than the one that this service"
                  + " countersigned up to "
                  + current.get().to())
          .advice(NodeComplaints.ADVICE)
          .fact("expected", current.get().chain())
          .fact("found", chain)
          .toException();
    }
    return new NodeChain(node, chain, 0, 0, NOTHING, NOTHING);
  }

  private ReceiptStore.Addition addition(
      NodeChain known, BatchIntake.Accepted accepted, Set<WorkspaceId> elsewhere) {
    Optional<Said> end = store.end();
    HeadSigner signer = HeadSigner.of(host, clock).notBefore(end.map(Said::at).orElse(Instant.MIN));
    end.ifPresent(last -> HeadSigner.requireSameService(last, signer.service()));
    Map<String, byte[]> papers = new LinkedHashMap<>();
    papers.put(signer.key().papers().digest(), signer.key().papers().line());
    for (Papers one : accepted.papers()) {
      papers.put(one.digest(), one.line());
    }
    Words words = new Words(end, signer, known);
    List<KeptBatch> batches = new ArrayList<>();
    for (BatchIntake.Taken<Batch> batch : accepted.batches()) {
      Batch read = batch.read();
      words.enrol(read.certificate());
      long head = words.head(read, ReceiptLine.hash(batch.line()));
      batches.add(
          new KeptBatch(
              known.chain(), read.from(), read.to(), read.certificate(), head, batch.line()));
    }
    List<KeptReceipt> receipts = new ArrayList<>();
    for (BatchIntake.Taken<Receipt> receipt : accepted.receipts()) {
      WorkspaceId workspace = new WorkspaceId(receipt.read().workspace());
      receipts.add(
          new KeptReceipt(
              known.chain(),
              receipt.read().seq(),
              workspace,
              elsewhere.contains(workspace),
              receipt.line()));
    }
    BatchIntake.Known now = accepted.known();
    long since = known.since() > 0 ? known.since() : words.said.get(0).seq();
    NodeChain chain =
        new NodeChain(known.node(), known.chain(), since, now.to(), now.last(), now.lastBatch());
    return new ReceiptStore.Addition(words.said, papers, receipts, batches, chain);
  }

  /** The lines that come next in the service's chain. */
  private final class Words {
    private final List<Said> said = new ArrayList<>();
    private final HeadSigner signer;
    private final NodeChain chain;
    private long seq;
    private String previous;

    Words(Optional<Said> end, HeadSigner signer, NodeChain chain) {
      this.signer = signer;
      this.chain = chain;
      this.seq = end.map(Said::seq).orElse(0L);
      this.previous = end.map(last -> ReceiptLine.hash(last.line())).orElse(NOTHING);
    }

    void enrol(String papers) {
      boolean here = said.stream().anyMatch(s -> s.to() == 0 && s.subject().equals(papers));
      if (here || store.enrolment(chain.chain(), papers).isPresent()) {
        return;
      }
      seq++;
      say(
          0,
          papers,
          Enrolment.line(
              seq,
              previous,
              signer.now(),
              signer.service(),
              chain.node().slash(),
              chain.chain(),
              papers,
              signer.key()));
    }

    long head(Batch batch, String hash) {
      seq++;
      say(
          batch.to(),
          hash,
          Head.line(
              seq,
              previous,
              signer.now(),
              signer.service(),
              chain.node().slash(),
              chain.chain(),
              batch.to(),
              hash,
              batch.root(),
              signer.key()));
      return seq;
    }

    private void say(long to, String subject, byte[] line) {
      said.add(
          new Said(
              seq, signer.now(), chain.chain(), to, subject, signer.key().papers().digest(), line));
      previous = ReceiptLine.hash(line);
    }
  }

  private void written(
      String name, DistinguishedName node, NodeChain before, ReceiptStore.Addition addition) {
    for (Said said : addition.said()) {
      if (said.to() == 0) {
        audit.record(
            AuditEntry.of(
                    said.at(),
                    "receipts.enrolled",
                    AuditEntry.Outcome.DONE,
                    before.since() > 0 ? "a key that follows another" : "a chain begins")
                .by(node)
                .fact("node", name)
                .fact("chain", said.chain())
                .fact("papers", said.subject())
                .fact("line", said.seq()));
      }
    }
  }

  private Refusal notNext(String name, RefusedBatchesException e) {
    List<AuditFinding> findings = e.findings();
    String text =
        String.join(
            "; ", findings.stream().limit(MOST_FINDINGS).map(AuditFinding::toString).toList());
    AuditFinding worst = findings.get(0);
    return Refusal.of(
            Refusal.Category.CONFLICT,
            "receipts.refused",
            "what node " + name + " wrote is not countersigned: " + text)
        .advice(NodeComplaints.ADVICE)
        .fact("what", worst.what())
        .fact("expected", worst.expected())
        .fact("found", worst.found());
  }

  /** Hears with each report how far a node's chain is; what is wrong with that is told. */
  public void reported(String name, DistinguishedName node, Optional<Reported> reported) {
    Optional<NodeChain> current = store.chainOf(node);
    if (current.isEmpty() || store.renewal(node).isPresent()) {
      complaints.consistent(name);
      return;
    }
    // A report is overtaken by lines signed after it was made: what it must reach is what was
    // countersigned when the node was heard the last time before.
    NodeChain known = heard.put(name, current.get());
    if (known == null || !known.chain().equals(current.get().chain())) {
      return;
    }
    boolean same = reported.filter(r -> r.chain().equals(known.chain())).isPresent();
    long to = reported.map(Reported::to).orElse(0L);
    if (reported.isEmpty()) {
      complaints.inconsistent(
          name,
          node,
          "says nothing of its receipts, of which " + known.to() + " are countersigned");
    } else if (!same) {
      complaints.inconsistent(
          name,
          node,
          "has another chain of receipts, "
              + reported.get().chain()
              + ", than the one that is countersigned up to "
              + known.to()
              + ", "
              + known.chain());
    } else if (to < known.to()) {
      complaints.inconsistent(
          name,
          node,
          "has receipts signed up to " + to + ", where up to " + known.to() + " are countersigned");
    } else if (to == known.to() && !reported.get().lastBatch().equals(known.lastBatch())) {
      complaints.inconsistent(
          name, node, "has another batch up to receipt " + to + " than is countersigned");
    } else if (to == current.get().to()) {
      // All that it has is countersigned: whatever was refused before is no more.
      complaints.settled(name);
    } else {
      complaints.consistent(name);
    }
  }

  /**
   * A node may begin another chain than the one it has; the next that it comes with is its chain.
   *
   * @return the chain that it leaves, when it has one
   */
  public synchronized Optional<NodeChain> renew(DistinguishedName node, DistinguishedName by) {
    Optional<NodeChain> left = store.chainOf(node);
    if (left.isPresent()) {
      store.renew(node, by, clock.instant());
      complaints.renewed(node);
    }
    return left;
  }

  /**
   * The service's key, and a time up to which everything that was countersigned is in the store: no
   * line that is older is still on its way there.
   */
  synchronized HeadSigner sealing() {
    return HeadSigner.of(host, clock);
  }

  /** Which nodes' receipts are not countersigned, or doubted, and why; empty when none are. */
  public Optional<String> problem() {
    return complaints.told();
  }
}
