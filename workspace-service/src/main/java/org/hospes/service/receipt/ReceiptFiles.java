package org.hospes.service.receipt;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.receipt.Doubt;
import org.hospes.trust.receipt.Excerpt;
import org.hospes.trust.receipt.MerkleTree;
import org.hospes.trust.receipt.Proof;

/** Files that the service gives out, each for {@code workspace audit verify} as it is. */
public final class ReceiptFiles {
  private static final int MOST_LINES = 2000;
  private static final int MOST_BOOTS = 1000;
  private static final int ENOUGH_BYTES = 2 << 20;

  /** A quarter of the largest answer that a client takes. */
  private static final int ENOUGH_EXCERPT = 4 << 20;

  private final ReceiptStore store;
  private final HeadKeeper heads;

  /**
   * Wires it.
   *
   * @param heads whose key seals, and who keeps what is given out
   */
  public ReceiptFiles(ReceiptStore store, HeadKeeper heads) {
    this.store = store;
    this.heads = heads;
  }

  /**
   * A file, or some of the files that tell something.
   *
   * @param lines empty when there is nothing more
   * @param next after which line of the service's chain the next one begins
   */
  public record Page(byte[] lines, long next) {}

  /**
   * A page of a workspace's receipts.
   *
   * @param lines a file by itself
   * @param next after how many receipts the next one begins; empty when there are no more
   */
  public record Excerpts(byte[] lines, Optional<Long> next) {}

  private record Proved(KeptReceipt receipt, KeptBatch batch, Proof proof) {
    int bytes() {
      return receipt.line().length + proof.line().length + batch.line().length;
    }
  }

  /**
   * The receipts of a workspace, wherever it ran, with what proves them, in one file.
   *
   * @throws org.hospes.service.workspace.RefusedException when there are none, or too many
   */
  public byte[] excerpt(WorkspaceId workspace) {
    Excerpts all = excerpt(workspace, 0);
    if (all.next().isPresent()) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "receipt.too-many",
              workspace + " was booted more often than one file has room for")
          .advice("ask for them page by page, with 'after', as a newer workspace receipt does")
          .fact("workspace", workspace)
          .toException();
    }
    return all.lines();
  }

  /**
   * A page of them, in the order in which they were countersigned, which never changes.
   *
   * @param after so many of the oldest are left out
   * @throws org.hospes.service.workspace.RefusedException when there are none, or not so many
   */
  public Excerpts excerpt(WorkspaceId workspace, long after) {
    // The time first: what is said to be everything until then is read after it.
    HeadSigner sealing = heads.sealing();
    List<KeptReceipt> receipts = store.receipts(workspace, after, MOST_BOOTS + 1);
    requireSome(workspace, after, receipts);
    List<Proved> page = page(receipts);
    Optional<Long> next =
        page.size() < receipts.size() ? Optional.of(after + page.size()) : Optional.empty();
    LineFile file = new LineFile(this::papers);
    file.plain(new Excerpt(workspace.value(), after, next).line());
    TreeMap<Long, Said> said = new TreeMap<>();
    Map<String, Said> enrolments = new HashMap<>();
    for (Proved one : page) {
      KeptBatch batch = one.batch();
      file.plain(one.receipt().line());
      if (one.receipt().doubted()) {
        file.plain(new Doubt(Doubts.WHY).line());
      }
      file.plain(one.proof().line());
      file.signed(batch.papers(), batch.line());
      said.computeIfAbsent(
          batch.head(), seq -> store.said(seq).orElseThrow(() -> lost("line " + seq)));
      Said enrolment =
          enrolments.computeIfAbsent(batch.chain() + "/" + batch.papers(), of -> enrolment(batch));
      said.put(enrolment.seq(), enrolment);
    }
    said.values().forEach(line -> file.signed(line.signer(), line.line()));
    Optional<Said> last = said.isEmpty() ? store.end() : Optional.of(said.lastEntry().getValue());
    file.seal(sealing.notBefore(last.map(Said::at).orElse(Instant.MIN)));
    return new Excerpts(file.bytes(), next);
  }

  private void requireSome(WorkspaceId workspace, long after, List<KeptReceipt> receipts) {
    if (!receipts.isEmpty()) {
      return;
    }
    if (after == 0) {
      throw Refusal.of(
              Refusal.Category.NOT_FOUND,
              "receipt.none",
              "no receipt of " + workspace + " is countersigned yet")
          .advice(
              "one comes a second or two after each boot, later if its node was cut off; ask again")
          .fact("workspace", workspace)
          .toException();
    }
    if (store.receipts(workspace, after - 1, 1).isEmpty()) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "receipt.fewer",
              workspace + " has fewer than " + after + " receipts")
          .advice("was the service's database put back to an older state? Ask from the beginning")
          .fact("workspace", workspace)
          .fact("found", after)
          .toException();
    }
  }

  /** As many of the receipts as a file has room for, at least one if there is one. */
  private List<Proved> page(List<KeptReceipt> receipts) {
    List<Proved> page = new ArrayList<>();
    List<byte[]> leaves = List.of();
    KeptBatch batch = null;
    long bytes = 0;
    for (KeptReceipt receipt : receipts) {
      if (page.size() == MOST_BOOTS || bytes > ENOUGH_EXCERPT) {
        break;
      }
      if (batch == null
          || !batch.chain().equals(receipt.chain())
          || batch.to() < receipt.seq()
          || batch.from() > receipt.seq()) {
        batch =
            store
                .batch(receipt.chain(), receipt.seq())
                .orElseThrow(() -> lost("the batch of receipt " + receipt.seq()));
        leaves =
            store.receipts(batch.chain(), batch.from(), batch.to()).stream()
                .map(one -> MerkleTree.leafHash(one.line()))
                .toList();
      }
      int index = Math.toIntExact(receipt.seq() - batch.from());
      Proved proved = new Proved(receipt, batch, Proof.of(leaves, index));
      bytes += proved.bytes();
      page.add(proved);
    }
    return page;
  }

  private Said enrolment(KeptBatch batch) {
    return store
        .enrolment(batch.chain(), batch.papers())
        .orElseThrow(() -> lost("the enrolment of " + batch.papers()));
  }

  /** A piece of the service's own chain; its last one ends with the seal. */
  public Page said(long after, int most) {
    HeadSigner sealing = heads.sealing();
    int enough = Math.max(1, Math.min(most, MOST_LINES));
    List<Said> lines = store.said(after, enough + 1);
    if (lines.isEmpty()) {
      long end = store.end().map(Said::seq).orElse(0L);
      if (after > end) {
        throw Refusal.of(
                Refusal.Category.CONFLICT,
                "receipts.chain-shorter",
                "the service's chain ends with line " + end + ", before line " + after)
            .advice(
                "was the database put back to an older state? Export --all into a new directory")
            .fact("expected", "at most " + end)
            .fact("found", after)
            .toException();
      }
      return new Page(new byte[0], after);
    }
    LineFile file = new LineFile(this::papers);
    Said last = null;
    for (Said said : lines.subList(0, Math.min(enough, lines.size()))) {
      file.signed(said.signer(), said.line());
      last = said;
      if (file.size() > ENOUGH_BYTES) {
        break;
      }
    }
    if (last.seq() == lines.get(lines.size() - 1).seq()) {
      file.seal(sealing.notBefore(last.at()));
    }
    return new Page(file.bytes(), last.seq());
  }

  /** A piece of a node's chain: what the lines after that number of the service's chain cover. */
  public Page written(UUID chain, long after, int most) {
    LineFile file = new LineFile(this::papers);
    long next = after;
    for (KeptBatch batch : store.batches(chain, after, Math.max(1, Math.min(most, MOST_LINES)))) {
      store
          .receipts(chain, batch.from(), batch.to())
          .forEach(receipt -> file.plain(receipt.line()));
      file.signed(batch.papers(), batch.line());
      next = batch.head();
      if (file.size() > ENOUGH_BYTES) {
        break;
      }
    }
    return new Page(file.bytes(), next);
  }

  private byte[] papers(String digest) {
    Optional<byte[]> line = store.papers(digest);
    return line.orElseThrow(() -> lost("the certificates " + digest));
  }

  private static IllegalStateException lost(String what) {
    return new IllegalStateException("the database of receipts has lost " + what);
  }
}
