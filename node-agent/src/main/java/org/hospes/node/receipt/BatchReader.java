package org.hospes.node.receipt;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.hospes.trust.receipt.Batch;
import org.hospes.trust.receipt.MalformedLineException;
import org.hospes.trust.receipt.Papers;
import org.hospes.trust.receipt.Receipt;
import org.hospes.trust.receipt.ReceiptLine;

/**
 * Reads whole batches from the files of a chain, from a receipt on, and remembers where it was: who
 * sends all of a chain reads each file once. Not safe for several threads.
 */
final class BatchReader {
  private static final int FIRST_LINE = ReceiptLine.LONGEST + 1;

  private Place reached = new Place(null, 0, 0, null);

  /** Behind a batch: where the next one begins, and whose papers were the last. */
  private record Place(Path file, long offset, long next, byte[] papers) {}

  /**
   * Whole batches in order, of one file; certificates before the first, and where others take over.
   *
   * @param files of the chain, oldest first
   * @param next the first receipt
   * @param to the last receipt that a batch signs; nothing behind it is looked at
   * @param most so many bytes; one batch is given however long it is
   * @return nothing where no batch begins with that receipt
   */
  byte[] read(List<Path> files, long next, long to, int most) throws IOException {
    if (next > to) {
      return new byte[0];
    }
    Place from =
        reached.next == next && files.contains(reached.file) ? reached : begin(files, next);
    byte[] lines = read(from, to, most);
    int after = files.indexOf(from.file) + 1;
    if (lines.length == 0 && after < files.size()) {
      lines = read(new Place(files.get(after), 0, next, null), to, most);
    }
    return lines;
  }

  private static Place begin(List<Path> files, long next) throws IOException {
    for (int i = files.size() - 1; i > 0; i--) {
      if (first(files.get(i)) <= next) {
        return new Place(files.get(i), 0, next, null);
      }
    }
    return new Place(files.get(0), 0, next, null);
  }

  private static long first(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        InputStream in = new BufferedInputStream(Channels.newInputStream(channel))) {
      byte[] line = line(in);
      return line != null && parse(file, line) instanceof Receipt receipt
          ? receipt.seq()
          : Long.MAX_VALUE;
    }
  }

  private byte[] read(Place from, long to, int most) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    byte[] papers = from.papers;
    boolean papersGiven = false;
    long offset = from.offset;
    long next = from.next;
    try (FileChannel channel = FileChannel.open(from.file, StandardOpenOption.READ)) {
      channel.position(offset);
      InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
      long at = offset;
      while (next <= to) {
        byte[] line = line(in);
        if (line == null) {
          break;
        }
        at += line.length + 1L;
        ReceiptLine read = parse(from.file, line);
        if (read instanceof Papers) {
          papers = line;
          papersGiven = false;
        } else if (read instanceof Receipt) {
          put(batch, line);
        } else if (read instanceof Batch signed) {
          if (signed.to() < next) {
            batch.reset();
            continue;
          }
          if (signed.from() != next) {
            return new byte[0];
          }
          if (!papersGiven) {
            put(batch, papers);
          }
          put(batch, line);
          if (lines.size() > 0 && lines.size() + batch.size() > most) {
            break;
          }
          papersGiven = true;
          lines.writeBytes(batch.toByteArray());
          batch.reset();
          next = signed.to() + 1;
          offset = at;
          reached = new Place(from.file, offset, next, papers);
        }
      }
    }
    return lines.toByteArray();
  }

  private static void put(ByteArrayOutputStream to, byte[] line) {
    to.writeBytes(line);
    to.write('\n');
  }

  private static ReceiptLine parse(Path file, byte[] line) throws IOException {
    try {
      return ReceiptLine.read(line);
    } catch (MalformedLineException e) {
      throw new IOException(file + ": a line that is not as it was written: " + e.getMessage(), e);
    }
  }

  /** Without its line feed; null where no whole line is. */
  private static byte[] line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(2048);
    for (int c = in.read(); c >= 0 && line.size() < FIRST_LINE; c = in.read()) {
      if (c == '\n') {
        return line.toByteArray();
      }
      line.write(c);
    }
    return null;
  }
}
