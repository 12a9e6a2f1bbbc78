package org.hospes.trust.receipt;

import java.time.Instant;

/**
 * The last line of a file that the service gave out: its signature over every byte before, so that
 * a file cut short shows.
 *
 * @param lines how many lines stand before it
 * @param sha256 of their bytes, line feeds included
 * @param at as of when the file tells everything
 * @param service in slash form
 * @param certificate digest of the service's papers
 * @param algorithm of the signature
 * @param signature over the line up to itself
 */
public record Seal(
    long lines,
    String sha256,
    Instant at,
    String service,
    String certificate,
    String algorithm,
    byte[] signature)
    implements ReceiptLine, SignedLine {

  /** The line, signed, without a line feed. */
  public static byte[] line(
      long lines, String sha256, Instant at, String service, LineSigner signer) {
    return signer.sign(
        new LineText("seal")
            .number("lines", lines)
            .text("sha256", sha256)
            .time("at", at)
            .text("service", service));
  }

  static Seal read(LineCursor line) throws MalformedLineException {
    Seal seal =
        new Seal(
            line.number("lines", 1),
            line.hash("sha256"),
            line.time("at"),
            line.text("service"),
            line.hash("certificate"),
            LineSigner.algorithm(line),
            line.base64("signature"));
    line.end();
    return seal;
  }
}
