package org.hospes.wire.security;

import java.io.IOException;

/**
 * Bytes both ways over mutual TLS, after an HTTP request was answered with 101 (RFC 9110, 7.8). One
 * thread may read while another writes; not more than one each. Ending it is for any thread.
 */
public interface RawConnection extends AutoCloseable {
  /**
   * Waits for bytes.
   *
   * @return how many came; -1 when the other side said that no more will come, or this side closed.
   *     A server's end may say -1 also when the connection broke; a client's never does.
   * @throws IOException when the connection broke: what came before it need not be all
   */
  int read(byte[] into) throws IOException;

  /**
   * Sends bytes, and waits until the connection has taken them. A server's end waits no longer than
   * it was told to.
   *
   * @throws IOException when the connection broke or the other side does not read
   */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /** Says that no more will come, and ends. What was written still arrives. Returns at once. */
  @Override
  void close();

  /** Cuts it: the other side sees that it broke. Returns at once. */
  void abort();
}
