package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.UUID;

/**
 * The node's signature over the receipts since its last one.
 *
 * @param chain the node's chain
 * @param from the first receipt of the batch
 * @param to the last one
 * @param root the root of the {@link MerkleTree} over the lines of its receipts
 * @param last hash of the last receipt
 * @param previousBatch hash of the batch line before; zeros for the first
 * @param at when it was signed
 * @param certificate digest of the node's papers
 * @param algorithm of the signature
 * @param signature over the line up to itself
 */
public record Batch(
    UUID chain,
    long from,
    long to,
    String root,
    String last,
    String previousBatch,
    Instant at,
    String certificate,
    String algorithm,
    byte[] signature)
    implements ReceiptLine, SignedLine {

  /** The line, signed, without a line feed. */
  public static byte[] line(
      UUID chain,
      long from,
      long to,
      String root,
      String last,
      String previousBatch,
      Instant at,
      LineSigner signer) {
    return signer.sign(
        new LineText("batch")
            .text("chain", chain)
            .number("from", from)
            .number("to", to)
            .text("root", root)
            .text("last", last)
            .text("previousBatch", previousBatch)
            .time("at", at));
  }

  static Batch read(LineCursor line) throws MalformedLineException {
    Batch batch =
        new Batch(
            line.uuid("chain"),
            line.number("from", 1),
            line.number("to", 1),
            line.hash("root"),
            line.hash("last"),
            line.hash("previousBatch"),
            line.time("at"),
            line.hash("certificate"),
            LineSigner.algorithm(line),
            line.base64("signature"));
    line.end();
    return batch;
  }
}
