package org.hospes.wire.bytes;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes bytes without their empty pages; see {@link Holes}. For one thread. */
public final class HolesOutput extends OutputStream {
  private final OutputStream out;
  private final ByteBuffer head = ByteBuffer.allocate(Long.BYTES + Integer.BYTES);
  private long zeros;

  public HolesOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  /** Looks for empty pages from the first of these bytes on. */
  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int end = offset + length;
    int begin = offset;
    for (int at = offset; at < end; at += Holes.PAGE) {
      int next = Math.min(end, at + Holes.PAGE);
      if (Holes.zeros(bytes, at, next)) {
        piece(bytes, begin, at);
        zeros += next - at;
        begin = next;
      }
    }
    piece(bytes, begin, end);
  }

  private void piece(byte[] bytes, int from, int to) throws IOException {
    if (from < to) {
      out.write(head.clear().putLong(zeros).putInt(to - from).array());
      out.write(bytes, from, to - from);
      zeros = 0;
    }
  }

  /** Sends what was written, zeros at its end too. */
  @Override
  public void flush() throws IOException {
    zerosToo();
    out.flush();
  }

  private void zerosToo() throws IOException {
    if (zeros > 0) {
      out.write(head.clear().putLong(zeros).putInt(0).array());
      zeros = 0;
    }
  }

  /** Ends it, and the stream that it writes to. */
  @Override
  public void close() throws IOException {
    zerosToo();
    out.close();
  }
}
