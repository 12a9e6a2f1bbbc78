package org.hospes.image.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/**
 * Ranges over HTTPS (RFC 9110, 14) through blocking sockets, which take half the processor time of
 * {@link HttpRangeSource}. The context decides whom it talks to; redirects are refused.
 */
public final class TlsRangeSource implements RangeSource {
  private final SSLSocketFactory sockets;
  private final int patienceMillis;

  /**
   * @param tls checks by itself that the other side is the server meant
   * @param patience how long to wait for a connection, and for each further byte
   */
  public TlsRangeSource(SSLContext tls, Duration patience) {
    // One factory for all: open connections are found again by it.
    this.sockets = tls.getSocketFactory();
    this.patienceMillis = Math.toIntExact(patience.toMillis());
  }

  @Override
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
    connection.setConnectTimeout(patienceMillis);
    connection.setReadTimeout(patienceMillis);
    connection.setRequestProperty("Range", "bytes=" + from + "-" + (to - 1));
    connection.setRequestProperty("Accept-Encoding", "identity");
    int status = connection.getResponseCode();
    String expected = "bytes " + from + "-" + (to - 1) + "/";
    String found = connection.getHeaderField("Content-Range");
    if (status == HttpURLConnection.HTTP_PARTIAL && found != null && found.startsWith(expected)) {
      return connection.getInputStream();
    }
    connection.disconnect();
    throw new IOException(
        address
            + ": expected status 206 with "
            + expected
            + "..., found "
            + status
            + (found == null ? "" : " with " + found));
  }
}
