package org.hospes.wire.bytes;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.hospes.wire.refusal.Refusals;

/**
 * Asks one server for parts of files over HTTPS (RFC 9110, 14), through blocking sockets. Safe for
 * use by many threads.
 */
public final class PartialRequest {
  private static final int CONNECT_MILLIS = 10_000;
  private static final int LONGEST_REFUSAL = 64 << 10;

  private final SSLSocketFactory sockets;
  private final int patienceMillis;

  /**
   * @param tls checks by itself that the other side is the server meant
   * @param patience how long to wait for each further byte
   */
  public PartialRequest(SSLContext tls, Duration patience) {
    // One factory for all: open connections are found again by it.
    this.sockets = tls.getSocketFactory();
    this.patienceMillis = Math.toIntExact(patience.toMillis());
  }

  /** Java's own stream ends without a word when the connection does. */
  private static final class Part extends FilterInputStream {
    private long left;

    Part(InputStream in, long length) {
      super(in);
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int n = super.read(into, offset, length);
      if (n < 0 && left > 0) {
        throw new EOFException("the answer ended " + left + " bytes early");
      }
      left -= Math.max(0, n);
      return n;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = super.skip(count);
      left -= skipped;
      return skipped;
    }
  }

  /**
   * Opens a part; closing the stream early gives up the rest of it, and one that ends early fails.
   *
   * @param from the first byte
   * @param to one past the last byte
   * @throws org.hospes.wire.refusal.RefusalException when the server refuses
   * @throws IOException when the connection breaks, or the answer is not exactly that part
   */
  public InputStream open(URI address, long from, long to) throws IOException {
    if (!"https".equals(address.getScheme())) {
      throw new IOException(address + ": expected an https address");
    }
    HttpsURLConnection connection =
        (HttpsURLConnection) address.toURL().openConnection(Proxy.NO_PROXY);
    connection.setSSLSocketFactory(sockets);
    connection.setHostnameVerifier((host, session) -> true); // the context has checked already
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(patienceMillis);
    connection.setRequestProperty("Range", "bytes=" + from + "-" + (to - 1));
    connection.setRequestProperty("Accept-Encoding", "identity");
    int status = connection.getResponseCode();
    String range = String.valueOf(connection.getHeaderField("Content-Range"));
    String expected = "bytes " + from + "-" + (to - 1) + "/";
    if (status == HttpURLConnection.HTTP_PARTIAL && range.startsWith(expected)) {
      return new Part(connection.getInputStream(), to - from);
    }
    try (InputStream body = connection.getErrorStream()) {
      if (status >= HttpURLConnection.HTTP_BAD_REQUEST && body != null) {
        throw Refusals.fromHttp(status, body.readNBytes(LONGEST_REFUSAL));
      }
    } finally {
      connection.disconnect();
    }
    throw new IOException(
        address + ": expected status 206 with " + expected + "..., found " + status + ", " + range);
  }
}
