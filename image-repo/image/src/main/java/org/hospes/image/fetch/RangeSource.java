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
}
