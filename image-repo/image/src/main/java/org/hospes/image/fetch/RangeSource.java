package org.hospes.image.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;

/** Where byte ranges come from. Safe for use by many threads. */
@FunctionalInterface
public interface RangeSource {
  /**
   * Opens a range; closing the stream early gives up the rest of it.
   *
   * @param from the first byte
   * @param to one past the last byte
   * @throws IOException also when the other side does not answer with exactly this range
   */
  InputStream open(URI address, long from, long to) throws IOException;

  /**
   * Opens all that there is, which may grow while it is read; whoever reads counts the bytes.
   *
   * @param atMost how many bytes are wanted; there may be fewer
   * @throws IOException also where only ranges can be had
   */
  default InputStream open(URI address, long atMost) throws IOException {
    throw new IOException(address + ": only ranges can be had there");
  }
}
