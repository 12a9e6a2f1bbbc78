package org.hospes.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Tells how far a stream was read. */
final class CountedStream extends FilterInputStream {
  private final LongConsumer progress;
  private long count;

  CountedStream(InputStream in, long from, LongConsumer progress) {
    super(in);
    this.count = from;
    this.progress = progress;
  }

  @Override
  public int read() throws IOException {
    int b = super.read();
    if (b >= 0) {
      progress.accept(++count);
    }
    return b;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int n = super.read(into, offset, length);
    if (n > 0) {
      count += n;
      progress.accept(count);
    }
    return n;
  }
}
