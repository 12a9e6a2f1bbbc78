package org.hospes.wire.security;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.hospes.wire.refusal.Refusals;

/**
 * A client's end of a {@link RawConnection}. Neither Java's HTTP client nor Apache's hands out a
 * connection that was upgraded; what is needed of HTTP/1.1 for it is one request without a body and
 * the head of one answer.
 */
final class ClientUpgrade implements RawConnection {
  private static final int LARGEST_HEAD = 16 << 10;
  private static final int LARGEST_REFUSAL = 256 << 10;
  private static final int SWITCHING = 101;

  private final Wire wire;
  private final SSLSocket tls;
  private final InputStream in;
  private final OutputStream out;
  private final ReentrantLock writing = new ReentrantLock();
  private volatile boolean closed;

  private ClientUpgrade(Wire wire, SSLSocket tls) throws IOException {
    this.wire = wire;
    this.tls = tls;
    this.in = tls.getInputStream();
    this.out = tls.getOutputStream();
  }

  /**
   * A socket whose end is an error: an end that was meant is said in TLS (RFC 8446, 6.1), and then
   * nobody reads on to this one. Java takes both for the same.
   */
  private static final class Wire extends Socket {
    private volatile boolean cut;

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          return required(super.read());
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
          return required(super.read(into, offset, length));
        }

        private int required(int read) throws IOException {
          if (read < 0) {
            cut = true;
            throw new IOException("cut");
          }
          return read;
        }
      };
    }
  }

  /**
   * @param factory of sockets that check by themselves that the other side is the expected server
   * @throws org.hospes.wire.refusal.RefusalException as the server stated it
   */
  static RawConnection open(
      SSLSocketFactory factory, URI address, String protocol, ClientLimits limits)
      throws IOException {
    Wire wire = new Wire();
    try {
      wire.connect(
          new InetSocketAddress(address.getHost(), port(address)), millis(limits.connect()));
      wire.setTcpNoDelay(true);
      SocketOptions.noticeVanishedPeers(wire);
      SSLSocket tls =
          (SSLSocket) factory.createSocket(wire, address.getHost(), port(address), true);
      tls.setEnabledProtocols(TlsContexts.PROTOCOLS);
      tls.setSoTimeout(millis(limits.answer()));
      ClientUpgrade opening = new ClientUpgrade(wire, tls);
      opening.ask(address, protocol);
      opening.requireSwitched(protocol);
      tls.setSoTimeout(0);
      return opening;
    } catch (IOException e) {
      wire.close();
      throw wire.cut ? new EOFException("the server closed the connection before it answered") : e;
    } catch (RuntimeException e) {
      wire.close();
      throw e;
    }
  }

  private static int port(URI address) {
    return address.getPort() < 0 ? 443 : address.getPort();
  }

  private static int millis(Duration time) {
    return Math.toIntExact(time.toMillis());
  }

  private void ask(URI address, String protocol) throws IOException {
    String query = address.getRawQuery() == null ? "" : "?" + address.getRawQuery();
    String head =
        String.join(
            "\r\n",
            "GET " + address.getRawPath() + query + " HTTP/1.1",
            "Host: " + address.getHost() + ":" + port(address),
            Upgrades.CONNECTION + ": " + Upgrades.UPGRADE,
            Upgrades.UPGRADE + ": " + protocol,
            "",
            "");
    try {
      out.write(head.getBytes(ISO_8859_1));
      out.flush();
    } catch (IOException e) {
      throw told().orElse(e);
    }
  }

  /**
   * What the server said before it closed the connection: whose papers it refuses is told so by an
   * alert after the handshake (RFC 8446, 4.4.2.4), and may by then have sent on.
   */
  private Optional<IOException> told() {
    try {
      int unused = in.read();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    }
  }

  private void requireSwitched(String protocol) throws IOException {
    String[] lines = head().split("\r\n");
    String[] status = lines[0].split(" ", 3);
    if (status.length < 2 || !status[0].equals("HTTP/1.1") || !status[1].matches("[1-5]\\d\\d")) {
      throw new ProtocolException("the server does not answer in HTTP/1.1");
    }
    Map<String, String> fields = new HashMap<>();
    for (int i = 1; i < lines.length; i++) {
      String[] field = lines[i].split(":", 2);
      fields.put(field[0].toLowerCase(Locale.ROOT), field.length < 2 ? "" : field[1].strip());
    }
    int code = Integer.parseInt(status[1]);
    if (code != SWITCHING) {
      throw Refusals.fromHttp(code, body(fields.getOrDefault("content-length", "0")));
    }
    if (!protocol.equalsIgnoreCase(fields.get("upgrade"))) {
      throw new ProtocolException("the server speaks another protocol than " + protocol);
    }
  }

  private String head() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < 4) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the server closed the connection before it answered");
      }
      if (head.size() == LARGEST_HEAD) {
        throw new ProtocolException("the server's answer has no end");
      }
      head.write(b);
      boolean fits = b == (matched % 2 == 0 ? '\r' : '\n');
      matched = fits ? matched + 1 : b == '\r' ? 1 : 0;
    }
    return head.toString(ISO_8859_1);
  }

  private byte[] body(String length) throws IOException {
    if (!length.matches("\\d{1,6}") || Integer.parseInt(length) > LARGEST_REFUSAL) {
      return new byte[0];
    }
    return in.readNBytes(Integer.parseInt(length));
  }

  @Override
  public int read(byte[] into) throws IOException {
    try {
      return in.read(into);
    } catch (IOException e) {
      if (closed) {
        return -1;
      }
      throw wire.cut ? new EOFException("the server went away without a word") : e;
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    writing.lock();
    try {
      out.write(bytes, offset, length);
      out.flush();
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void close() {
    closed = true;
    // A write under way waits for the other side to read, and would have the closing wait too.
    if (writing.tryLock()) {
      try {
        tls.shutdownOutput();
      } catch (IOException e) {
        abort();
        return;
      } finally {
        writing.unlock();
      }
    }
    abort();
  }

  @Override
  public void abort() {
    closed = true;
    try {
      wire.close();
    } catch (IOException e) {
      // It is closed in any case.
      throw new java.io.UncheckedIOException(e);
    }
  }
}
