package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.hospes.contract.workspace.ListNodes;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.trust.credential.Credential;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that would have a client use one weak suite is offered none, by whichever client. */
@Timeout(180)
class StrictSocketsTest {
  private static final char[] NONE = {};
  @TempDir Path directory;
  private final ExecutorService threads = Executors.newSingleThreadExecutor();
  private WireSite site;
  private SecureClient client;
  private SSLContext server;

  @BeforeEach
  void raise() throws Exception {
    site = WireSite.create(directory);
    client = site.client(site.pki().user("Ada"));
    Credential host = site.pki().host("raw.example.org", "localhost", "127.0.0.1");
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry("host", host.key(), NONE, host.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, NONE);
    server = SSLContext.getInstance("TLS");
    server.init(factory.getKeyManagers(), null, null);
  }

  @AfterEach
  void fell() throws Exception {
    threads.shutdownNow();
    site.close();
  }

  /** Asks a server that knows one suite alone; whether it came to a session. */
  private boolean agreed(String suite, Asking asking) throws Exception {
    try (SSLServerSocket listening =
        (SSLServerSocket)
            server
                .getServerSocketFactory()
                .createServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      listening.setEnabledProtocols(
          new String[] {suite.contains("_WITH_") ? "TLSv1.2" : "TLSv1.3"});
      listening.setEnabledCipherSuites(new String[] {suite});
      Future<Boolean> session = threads.submit(() -> sessions(listening));
      URI address = URI.create("https://localhost:" + listening.getLocalPort());
      assertThrows(Exception.class, () -> asking.ask(address), "it closes without an answer");
      listening.close();
      return session.get(60, TimeUnit.SECONDS);
    }
  }

  /** Answers until it is closed, since a client may try twice; whether a handshake succeeded. */
  private static boolean sessions(SSLServerSocket listening) {
    boolean any = false;
    while (true) {
      SSLSocket peer;
      try {
        peer = (SSLSocket) listening.accept();
      } catch (IOException closed) {
        return any;
      }
      any |= shaken(peer);
    }
  }

  private static boolean shaken(SSLSocket peer) {
    boolean done = false;
    try (peer) {
      peer.setSoTimeout(20_000);
      peer.startHandshake();
      done = true;
    } catch (IOException e) {
      return done;
    }
    return done;
  }

  private interface Asking {
    void ask(URI address) throws Exception;
  }

  private void soap(URI address) throws Exception {
    client
        .signed(
            WorkspacePort.class,
            EchoPort.SERVICE,
            EchoPort.WSDL,
            address.resolve(EchoPort.PATH),
            WireSite.LOCALHOST)
        .listNodes(new ListNodes());
  }

  private void fetch(URI address) throws Exception {
    HttpsURLConnection connection = (HttpsURLConnection) address.toURL().openConnection();
    connection.setSSLSocketFactory(client.sslContext(WireSite.LOCALHOST).getSocketFactory());
    connection.setHostnameVerifier((host, session) -> true);
    connection.getResponseCode();
  }

  private void upgrade(URI address) throws Exception {
    client.upgrade(address.resolve("/console/x"), "hospes-console", WireSite.LOCALHOST).close();
  }

  private void careless(URI address) throws Exception {
    SSLContext any = SSLContext.getInstance("TLS");
    any.init(null, new TrustManager[] {new Everybody()}, null);
    try (SSLSocket socket =
        (SSLSocket) any.getSocketFactory().createSocket("localhost", address.getPort())) {
      socket.startHandshake();
      throw new IOException("a session, and nothing more is wanted");
    }
  }

  @Test
  void noneOfTheWeakIsOffered() throws Exception {
    List<String> strong = List.of(TlsContexts.SUITES);
    List<String> weak =
        Stream.of(server.createSSLEngine().getEnabledCipherSuites())
            .filter(suite -> !strong.contains(suite) && !suite.contains("_ECDSA_"))
            .filter(suite -> !suite.endsWith("_SCSV"))
            .toList();
    List<String> possible = new ArrayList<>();
    for (String suite : weak) {
      if (agreed(suite, this::careless)) {
        possible.add(suite);
      }
    }
    assertFalse(possible.isEmpty(), "Java itself no longer offers anything weak");
    for (String suite : possible) {
      assertFalse(agreed(suite, this::soap), "SOAP: " + suite);
      assertFalse(agreed(suite, this::fetch), "bytes: " + suite);
      assertFalse(agreed(suite, this::upgrade), "console: " + suite);
    }
  }

  @Test
  void theStrongAre() throws Exception {
    for (String suite : TlsContexts.SUITES) {
      if (!suite.contains("_ECDSA_")) {
        assertTrue(agreed(suite, this::soap), "SOAP: " + suite);
        assertTrue(agreed(suite, this::fetch), "bytes: " + suite);
        assertTrue(agreed(suite, this::upgrade), "console: " + suite);
      }
    }
  }

  @Test
  void enginesAreStrictToo() {
    SSLContext context = client.sslContext(WireSite.LOCALHOST);
    List<String> strong = List.of(TlsContexts.SUITES);
    assertEquals(strong, List.of(context.createSSLEngine().getEnabledCipherSuites()));
    assertEquals(strong, List.of(context.createSSLEngine("h", 1).getEnabledCipherSuites()));
    assertEquals(strong, List.of(context.getDefaultSSLParameters().getCipherSuites()));
  }

  /** Takes any server's certificate: what is looked for is whether a suite is possible at all. */
  private static final class Everybody implements X509TrustManager {
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
