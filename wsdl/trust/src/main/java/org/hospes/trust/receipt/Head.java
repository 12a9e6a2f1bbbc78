package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.UUID;

/**
 * The service's word, in a chain of its own, that a node's chain had come this far.
 *
 * @param seq its place in the service's chain, enrolments counted too, from 1
 * @param previous hash of the line before; zeros for the first
 * @param at when it was countersigned, by the service's clock; never earlier than the line before
 * @param service in slash form
 * @param node in slash form
 * @param chain the node's chain
 * @param to the last receipt of the batch
 * @param batch hash of the batch line
 * @param root that batch's root
 * @param certificate digest of the service's papers
 * @param algorithm of the signature
 * @param signature over the line up to itself
 */
public record Head(
    long seq,
    String previous,
    Instant at,
    String service,
    String node,
    UUID chain,
    long to,
    String batch,
    String root,
    String certificate,
    String algorithm,
    byte[] signature)
    implements ServiceLine {

  /** The line, signed, without a line feed. */
  public static byte[] line(
      long seq,
      String previous,
      Instant at,
      String service,
      String node,
      UUID chain,
      long to,
      String batch,
      String root,
      LineSigner signer) {
    return signer.sign(
        new LineText("head")
            .number("seq", seq)
            .text("previous", previous)
            .time("at", at)
            .text("service", service)
            .text("node", node)
            .text("chain", chain)
            .number("to", to)
            .text("batch", batch)
            .text("root", root));
  }

  static Head read(LineCursor line) throws MalformedLineException {
    Head head =
        new Head(
            line.number("seq", 1),
            line.hash("previous"),
            line.time("at"),
            line.text("service"),
            line.text("node"),
            line.uuid("chain"),
            line.number("to", 1),
            line.hash("batch"),
            line.hash("root"),
            line.hash("certificate"),
            LineSigner.algorithm(line),
            line.base64("signature"));
    line.end();
    return head;
  }
}
