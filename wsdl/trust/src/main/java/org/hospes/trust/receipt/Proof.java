package org.hospes.trust.receipt;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * How a receipt of an excerpt belongs to its batch, without the batch's other receipts.
 *
 * @param path the audit path of RFC 6962 section 2.1.1, as hexadecimal digits
 */
public record Proof(List<String> path) implements ReceiptLine {
  /** Keeps its own copy of the path. */
  public Proof {
    path = List.copyOf(path);
  }

  /** The path of one leaf among those of its batch. */
  public static Proof of(List<byte[]> leafHashes, int index) {
    return new Proof(
        MerkleTree.path(leafHashes, index).stream().map(HexFormat.of()::formatHex).toList());
  }

  /** Whether the receipt's line is leaf {@code index} of {@code size} under the root. */
  boolean leadsTo(String root, byte[] line, long index, long size) {
    List<byte[]> hashes = new ArrayList<>();
    path.forEach(hash -> hashes.add(HexFormat.of().parseHex(hash)));
    byte[] found = MerkleTree.rootOf(MerkleTree.leafHash(line), index, size, hashes);
    return found != null && HexFormat.of().formatHex(found).equals(root);
  }

  /** The line to write, without a line feed. */
  public byte[] line() {
    return new LineText("proof").texts("path", path).close();
  }

  static Proof read(LineCursor line) throws MalformedLineException {
    List<String> path = new ArrayList<>();
    line.key("path");
    line.expect("[");
    if (!line.skip("]")) {
      do {
        path.add(line.hashValue());
      } while (line.skip(",") && path.size() < Long.SIZE);
      line.expect("]");
    }
    line.end();
    return new Proof(path);
  }
}
