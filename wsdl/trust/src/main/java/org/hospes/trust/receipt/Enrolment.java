package org.hospes.trust.receipt;

import java.time.Instant;
import java.util.UUID;

/**
 * The service's word, in the chain of its heads, that a key signs for a node's chain from here on.
 *
 * @param seq its place in the service's chain, from 1
 * @param previous hash of the line before; zeros for the first
 * @param at when, by the service's clock
 * @param service in slash form
 * @param node in slash form
 * @param chain the node's chain
 * @param papers digest of the node's papers
 * @param certificate digest of the service's papers
 * @param algorithm of the signature
 * @param signature over the line up to itself
 */
public record Enrolment(
    long seq,
    String previous,
    Instant at,
    String service,
    String node,
    UUID chain,
    String papers,
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
      String papers,
      LineSigner signer) {
    return signer.sign(
        new LineText("enrol")
            .number("seq", seq)
            .text("previous", previous)
            .time("at", at)
            .text("service", service)
            .text("node", node)
            .text("chain", chain)
            .text("papers", papers));
  }

  static Enrolment read(LineCursor line) throws MalformedLineException {
    Enrolment enrolment =
        new Enrolment(
            line.number("seq", 1),
            line.hash("previous"),
            line.time("at"),
            line.text("service"),
            line.text("node"),
            line.uuid("chain"),
            line.hash("papers"),
            line.hash("certificate"),
            LineSigner.algorithm(line),
            line.base64("signature"));
    line.end();
    return enrolment;
  }
}
