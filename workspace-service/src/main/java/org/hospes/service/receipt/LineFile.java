package org.hospes.service.receipt;

import java.io.ByteArrayOutputStream;
import java.util.function.Function;
import org.hospes.trust.receipt.LineSigner;
import org.hospes.trust.receipt.ReceiptLine;
import org.hospes.trust.receipt.Seal;

/** A file of lines in the making: certificates stand where they take over, and nowhere else. */
final class LineFile {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Function<String, byte[]> papers;
  private String current = "";
  private long lines;

  /** Takes the lines of certificates, by their digest, from there. */
  LineFile(Function<String, byte[]> papers) {
    this.papers = papers;
  }

  /** A line that nobody signed by itself. */
  void plain(byte[] line) {
    bytes.writeBytes(line);
    bytes.write('\n');
    lines++;
  }

  /** A line that those papers signed. */
  void signed(String digest, byte[] line) {
    if (!current.equals(digest)) {
      current = digest;
      plain(papers.apply(digest));
    }
    plain(line);
  }

  /** The seal over everything before. */
  void seal(HeadSigner signer) {
    LineSigner key = signer.key();
    if (!current.equals(key.papers().digest())) {
      current = key.papers().digest();
      plain(key.papers().line());
    }
    plain(
        Seal.line(
            lines, ReceiptLine.hash(bytes.toByteArray()), signer.now(), signer.service(), key));
  }

  int size() {
    return bytes.size();
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
