package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Somebody without papers, who looks at nobody's. */
final class Stranger {
  private static final int HANDSHAKE_RECORD = 0x16;

  private Stranger() {}

  /** Asks without a certificate and is not answered. */
  static void asks(URI address) throws Exception {
    // It takes whatever certificate the service shows: one that turns away by itself would be no
    // stranger's doing.
    SSLContext careless = SSLContext.getInstance("TLS");
    careless.init(null, new TrustManager[] {new Credulous()}, null);
    HttpClient plain = HttpClient.newBuilder().sslContext(careless).build();
    assertThrows(
        IOException.class,
        () -> plain.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString()));
  }

  /**
   * Begins a handshake and hangs up in the middle of it.
   *
   * @param answered after the server's answer came; otherwise in the middle of its own hello
   * @return the address it had
   */
  static String hangsUp(URI address, boolean answered) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine(address.getHost(), 1);
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), hello);
    try (Socket socket = new Socket("127.0.0.1", address.getPort())) {
      int said = answered ? hello.position() : hello.position() / 2;
      socket.getOutputStream().write(hello.array(), 0, said);
      if (answered) {
        assertEquals(HANDSHAKE_RECORD, socket.getInputStream().read());
      }
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }

  private static final class Credulous extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
