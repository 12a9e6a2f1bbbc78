package org.hospes.trust.receipt;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/** The lines of a file one by one, in bounded room, with the digest of all that was passed. */
final class LineSource implements Closeable {
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 18];
  private final MessageDigest passed;
  private int begin;
  private int end;
  private long number;
  private byte[] current;

  /** Opens the file; {@code digested} when a seal may have to be compared. */
  LineSource(Path file, boolean digested) throws IOException {
    this.in = Files.newInputStream(file);
    this.passed = digested ? Hashes.sha256() : null;
  }

  /**
   * The next line without its line feed; null at the end.
   *
   * @throws MalformedLineException when it is longer than any line, or has no line feed
   */
  byte[] next() throws IOException, MalformedLineException {
    if (passed != null && current != null) {
      passed.update(current);
      passed.update((byte) '\n');
    }
    current = null;
    ByteArrayOutputStream rest = null;
    while (true) {
      for (int i = begin; i < end; i++) {
        if (buffer[i] == '\n') {
          current = line(rest, i);
          begin = i + 1;
          number++;
          return current;
        }
      }
      if (end > begin) {
        rest = rest == null ? new ByteArrayOutputStream() : rest;
        rest.write(buffer, begin, end - begin);
      }
      begin = 0;
      end = in.read(buffer);
      if (end < 0) {
        end = 0;
        if (rest == null) {
          return null;
        }
        number++;
        throw new MalformedLineException(
            rest.size(), "a line feed", "the end of the file: its last line is cut off");
      }
      if (rest != null && rest.size() > ReceiptLine.LONGEST) {
        number++;
        throw new MalformedLineException(
            ReceiptLine.LONGEST, "a line of at most " + ReceiptLine.LONGEST + " bytes", "a longer");
      }
    }
  }

  private byte[] line(ByteArrayOutputStream rest, int lineFeed) {
    if (rest != null) {
      rest.write(buffer, begin, lineFeed - begin);
      return rest.toByteArray();
    }
    return java.util.Arrays.copyOfRange(buffer, begin, lineFeed);
  }

  /** What {@link #digestBefore} is over begins with the line that {@link #next} gave. */
  void begin() {
    passed.reset();
  }

  /** The number of the line that {@link #next} gave, from 1. */
  long number() {
    return number;
  }

  /** SHA-256 over the lines before the one that {@link #next} gave, from {@link #begin} on. */
  String digestBefore() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) passed.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 can be copied", e);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
