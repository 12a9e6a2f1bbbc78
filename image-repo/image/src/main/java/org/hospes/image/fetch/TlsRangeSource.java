package org.hospes.image.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/**
 * Ranges over HTTPS (RFC 9110, 14) through blocking sockets, which take half the processor time of
 * {@link HttpRangeSource}. The context decides whom it talks to; redirects are refused.
 */
public final class TlsRangeSource implements RangeSource {
  private static final int MANIPULATED = 226;

  private final SSLSocketFactory sockets;
  private final int patienceMillis;
  private final Optional<Manipulation> manipulation;

  /**
   * Another way to send the bytes of a range: an instance manipulation (RFC 3229).
   *
   * @param name as headers have it
   */
  public record Manipulation(String name, Reading reading) {}

  /** Reads what was manipulated. */
  @FunctionalInterface
  public interface Reading {
    /**
     * The bytes that were meant.
     *
     * @param sent what comes, from a stranger
     * @param length how many they must be
     */
    InputStream plain(InputStream sent, long length);
  }

  /**
   * @param tls checks by itself that the other side is the server meant
   * @param patience how long to wait for a connection, and for each further byte
   */
  public TlsRangeSource(SSLContext tls, Duration patience) {
    this(tls, patience, Optional.empty());
  }

  /** The same, asking for this manipulation; whoever does not know it answers plainly. */
  public TlsRangeSource(SSLContext tls, Duration patience, Manipulation manipulation) {
    this(tls, patience, Optional.of(manipulation));
  }

  private TlsRangeSource(SSLContext tls, Duration patience, Optional<Manipulation> manipulation) {
    // One factory for all: open connections are found again by it.
    this.sockets = tls.getSocketFactory();
    this.patienceMillis = Math.toIntExact(patience.toMillis());
    this.manipulation = manipulation;
  }

  @Override
  public InputStream open(URI address, long from, long to) throws IOException {
    HttpsURLConnection connection = connection(address);
    connection.setRequestProperty("Range", "bytes=" + from + "-" + (to - 1));
    Optional<String> used = manipulation.map(m -> "range, " + m.name());
    used.ifPresent(names -> connection.setRequestProperty("A-IM", names));
    int status = connection.getResponseCode();
    String expected = "bytes " + from + "-" + (to - 1) + "/";
    String found = connection.getHeaderField("Content-Range");
    if (found != null && found.startsWith(expected)) {
      if (status == HttpURLConnection.HTTP_PARTIAL) {
        return connection.getInputStream();
      }
      if (manipulated(connection, status, used)) {
        return manipulation.get().reading().plain(connection.getInputStream(), to - from);
      }
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

  @Override
  public InputStream open(URI address, long atMost) throws IOException {
    HttpsURLConnection connection = connection(address);
    Optional<String> used = manipulation.map(Manipulation::name);
    used.ifPresent(name -> connection.setRequestProperty("A-IM", name));
    int status = connection.getResponseCode();
    if (status == HttpURLConnection.HTTP_OK) {
      return connection.getInputStream();
    }
    if (manipulated(connection, status, used)) {
      return manipulation.get().reading().plain(connection.getInputStream(), atMost);
    }
    connection.disconnect();
    throw new IOException(address + ": expected status 200, found " + status);
  }

  private static boolean manipulated(
      HttpsURLConnection connection, int status, Optional<String> asked) {
    return status == MANIPULATED
        && asked.isPresent()
        && asked.get().equals(connection.getHeaderField("IM"));
  }

  private HttpsURLConnection connection(URI address) throws IOException {
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
    connection.setRequestProperty("Accept-Encoding", "identity");
    return connection;
  }
}
