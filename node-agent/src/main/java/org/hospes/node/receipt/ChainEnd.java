package org.hospes.node.receipt;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.hospes.trust.receipt.Batch;
import org.hospes.trust.receipt.MerkleTree;
import org.hospes.trust.receipt.Papers;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptLine;

/** Where a chain stands: all that its next line must name. Not safe for several threads. */
final class ChainEnd {
  private static final int ROOM = 1024;
  private static final String NOTHING = "0".repeat(64);

  private final Map<UUID, Receipt> newest = new HashMap<>();
  private final Predicate<UUID> here;
  private int most = ROOM;
  private UUID chain;
  private String node;
  private long seq;
  private String last = NOTHING;
  private String lastBatch = NOTHING;
  private long batchedTo;
  private String papers = "";
  private Path file;
  private MerkleTree tree = new MerkleTree();
  private long unsignedBytes;

  ChainEnd(Predicate<UUID> here) {
    this.here = here;
  }

  /** Takes a line that was read, compared with what is before it. */
  void read(Path from, long number, byte[] line, ReceiptLine read) throws IOException {
    if (!from.equals(file)) {
      file = from;
      papers = "";
      if (tree.size() > 0) {
        throw new ReceiptsDamagedException(from, number, "the file before has no last batch");
      }
    }
    if (read instanceof Receipt receipt) {
      boolean follows =
          receipt.seq() == seq + 1
              && receipt.previous().equals(last)
              && (chain == null || chain.equals(receipt.chain()));
      if (!follows) {
        throw new ReceiptsDamagedException(from, number, "not the receipt after " + seq);
      }
      wrote(receipt, line);
      if (!here.test(receipt.workspace())) {
        forget(receipt.workspace());
      }
    } else if (read instanceof Papers next) {
      papers = next.digest();
    } else if (read instanceof Batch batch) {
      boolean follows =
          batch.chain().equals(chain)
              && batch.from() == batchedTo + 1
              && batch.to() == seq
              && batch.root().equals(root())
              && batch.previousBatch().equals(lastBatch)
              && batch.certificate().equals(papers);
      if (!follows) {
        throw new ReceiptsDamagedException(from, number, "not the batch after " + batchedTo);
      }
      signed(line);
    } else {
      throw new ReceiptsDamagedException(from, number, "not a line of a node's");
    }
  }

  /** Begins a chain where there is none. */
  void begin(UUID id) {
    if (chain == null) {
      chain = id;
    }
  }

  void wrote(Receipt receipt, byte[] line) {
    chain = receipt.chain();
    node = receipt.node();
    seq = receipt.seq();
    last = ReceiptLine.hash(line);
    tree.add(line);
    unsignedBytes += line.length + 1L;
    newest.put(receipt.workspace(), receipt);
    if (newest.size() > most) {
      newest.keySet().removeIf(workspace -> !here.test(workspace));
      most = Math.max(ROOM, 2 * newest.size());
    }
  }

  void signed(byte[] line) {
    lastBatch = ReceiptLine.hash(line);
    batchedTo = seq;
    tree = new MerkleTree();
    unsignedBytes = 0;
  }

  void papers(String digest) {
    papers = digest;
  }

  void forget(UUID workspace) {
    newest.remove(workspace);
  }

  Optional<Receipt> newestOf(UUID workspace) {
    return Optional.ofNullable(newest.get(workspace));
  }

  UUID chain() {
    return chain;
  }

  /** Whose chain it is; null before its first receipt. */
  String node() {
    return node;
  }

  long seq() {
    return seq;
  }

  String last() {
    return last;
  }

  String lastBatch() {
    return lastBatch;
  }

  long batchedTo() {
    return batchedTo;
  }

  /** Digest of the papers that the file has last. */
  String papers() {
    return papers;
  }

  /** How many receipts no batch signs yet. */
  long unsigned() {
    return tree.size();
  }

  long unsignedBytes() {
    return unsignedBytes;
  }

  String root() {
    return HexFormat.of().formatHex(tree.root());
  }
}
