package org.hospes.wire.bytes;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * Reads bytes that were sent without their empty pages, as a stranger may have sent them; see
 * {@link Holes}. No more of them are told than were agreed on, and no memory is taken for what a
 * piece promises. For one thread.
 */
public final class HolesInput extends InputStream {
  private final InputStream in;
  private long left;
  private long zeros;
  private int bytes;

  /**
   * Reads what a stream holds.
   *
   * @param atMost how many bytes it may stand for; once these are read it has ended
   */
  public HolesInput(InputStream in, long atMost) {
    this.in = in;
    this.left = atMost;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * @throws IOException when a piece is none, or promises more than there may be
   * @throws EOFException when it ends within a piece
   */
  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, to.length);
    if (length == 0) {
      return 0;
    }
    if (zeros == 0 && bytes == 0 && !next()) {
      return -1;
    }
    int count;
    if (zeros > 0) {
      count = (int) Math.min(length, zeros);
      Arrays.fill(to, offset, offset + count, (byte) 0);
      zeros -= count;
    } else {
      count = in.read(to, offset, Math.min(length, bytes));
      if (count < 0) {
        throw new EOFException("it ended " + bytes + " bytes before the end of a piece");
      }
      bytes -= count;
    }
    left -= count;
    return count;
  }

  /** Whether there is another piece. */
  private boolean next() throws IOException {
    byte[] head = left == 0 ? new byte[0] : in.readNBytes(Long.BYTES + Integer.BYTES);
    if (head.length == 0) {
      return false;
    }
    if (head.length < Long.BYTES + Integer.BYTES) {
      throw new EOFException("it ended within the head of a piece");
    }
    ByteBuffer numbers = ByteBuffer.wrap(head);
    long none = numbers.getLong();
    int some = numbers.getInt();
    if (none < 0 || some < 0 || (none == 0 && some == 0)) {
      throw new IOException("a piece of " + none + " zeros and " + some + " bytes is none");
    }
    if (none > left || some > left - none) {
      throw new IOException(
          "a piece promises "
              + none
              + " zeros and "
              + some
              + " bytes, where at most "
              + left
              + " may follow");
    }
    zeros = none;
    bytes = some;
    return true;
  }

  @Override
  public int available() throws IOException {
    return zeros > 0 ? (int) Math.min(Integer.MAX_VALUE, zeros) : Math.min(bytes, in.available());
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
