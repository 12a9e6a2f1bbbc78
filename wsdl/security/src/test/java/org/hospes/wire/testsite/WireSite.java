package org.hospes.wire.testsite;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.FailedHandshake;
import org.hospes.wire.security.RefusedMessage;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;
import org.hospes.wire.security.SecureServerSetup;
import org.hospes.wire.security.SecurityListener;

/**
 * A test authority, and servers and clients that believe it, over real sockets on loopback. Closes
 * what it made.
 *
 * <pre>{@code
 * try (WireSite site = WireSite.create(directory)) {
 *   SecureServer server = site.start(site.server().signed("/workspace", port, ...));
 *   SecureClient ada = site.client(site.pki().user("Ada"));
 *   ada.signed(WorkspacePort.class, ..., WireSite.uri(server, "/workspace"), WireSite.LOCALHOST);
 * }
 * }</pre>
 */
public final class WireSite implements AutoCloseable, SecurityListener {
  /** Servers made here are named localhost and 127.0.0.1. */
  public static final ExpectedServer LOCALHOST = ExpectedServer.host("localhost");

  private final TestPki pki;
  private final CertificateDirectory paths;
  private final Credential host;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<FailedHandshake> failedHandshakes = new CopyOnWriteArrayList<>();
  private final List<RefusedMessage> refusedMessages = new CopyOnWriteArrayList<>();

  private WireSite(TestPki pki) {
    this.pki = pki;
    this.paths = pki.validator();
    this.host = pki.host("localhost", "localhost", "127.0.0.1");
    open.add(paths);
  }

  /** A new authority under the directory. */
  public static WireSite create(Path directory) {
    return new WireSite(TestPki.create(directory));
  }

  public TestPki pki() {
    return pki;
  }

  /** The validator that servers and clients made here share. */
  public CertificateDirectory paths() {
    return paths;
  }

  /** The papers of servers made here. */
  public Credential host() {
    return host;
  }

  /** A server on any free port of loopback with the host's papers; add ports and start it. */
  public SecureServerSetup server() {
    return SecureServer.at(new InetSocketAddress("127.0.0.1", 0))
        .credential(() -> host)
        .paths(paths)
        .listener(this);
  }

  /** Starts it, and closes it with this site. */
  public SecureServer start(SecureServerSetup setup) throws java.io.IOException {
    SecureServer server = setup.start();
    open.add(0, server);
    return server;
  }

  /** A client with these papers. */
  public SecureClient client(Credential credential) {
    SecureClient client = new SecureClient(() -> credential, paths, ClientLimits.defaults());
    open.add(0, client);
    return client;
  }

  /** Where a path of a server stands. */
  public static URI uri(SecureServer server, String path) {
    return URI.create("https://localhost:" + server.port() + path);
  }

  /** What the servers' listener heard. */
  public List<FailedHandshake> failedHandshakes() {
    return failedHandshakes;
  }

  /** What the servers' listener heard. */
  public List<RefusedMessage> refusedMessages() {
    return refusedMessages;
  }

  @Override
  public void handshakeFailed(FailedHandshake failure) {
    failedHandshakes.add(failure);
  }

  @Override
  public void messageRefused(RefusedMessage refusal) {
    refusedMessages.add(refusal);
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }
}
